"""Frames of one thing are told by their names, where nobody has said which pictures belong together."""

from __future__ import annotations

import re

import pytest

from headstart.data.listing import Row
from headstart.data.series import told


def rows(*names: str, group: str = "") -> list[Row]:
    return [Row(f"/data/{name}", name, name.split("/")[0], group=group) for name in names]


def frames(label: str, series: int, each: int, sign: str = "_") -> list[str]:
    return [f"{label}/{number:05}{sign}{frame:05}.jpg" for number in range(series) for frame in range(each)]


@pytest.mark.parametrize("sign", ["_", "-"])
def test_frames_are_told_with_an_expression_that_groups_them(sign: str) -> None:
    names = frames("stop", 4, 5, sign) + frames("yield", 4, 5, sign)
    (note,) = told(rows(*names))
    assert "8 beginnings" in note
    found = re.search(r"--group-regex '(.+?)'", note)
    assert found
    matches = [re.search(found[1], name) for name in names]
    assert len({match.groups() for match in matches if match}) == 8
    assert all(matches)


@pytest.mark.parametrize(
    "names",
    [
        [f"{label}/{label}_{number}.jpg" for label in "ab" for number in range(20)],  # named by their class
        [f"{label}/IMG_{number}.jpg" for label in "ab" for number in range(20)],
        [
            f"{label}/{number}_79b9a27724.jpg" for label in "ab" for number in range(20)
        ],  # no numbers of frames
        [f"{label}/{number}.jpg" for label in "ab" for number in range(20)],
        frames("a", 20, 2) + frames("b", 20, 2),  # pairs are no series
    ],
)
def test_other_names_are_no_series(names: list[str]) -> None:
    assert told(rows(*names)) == []


def test_nothing_is_told_where_groups_are_given() -> None:
    assert told(rows(*frames("stop", 4, 5), group="x")) == []
