"""A run says what more pictures would bring; a plan warns of pictures that the network knows."""

from __future__ import annotations

import json
from pathlib import Path

import headstart as hs
from headstart.evidence.more import SEEN
from headstart.job import prepare
from tests.evidence.made import changed


def test_a_run_says_what_twice_as_many_would_bring(
    headstart, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    command = ("train", shapes, "--backbone", backbone, "--case", 1)
    answer = headstart(*command, "-o", tmp_path / "a", "--json", "--quiet")
    result = json.loads(answer.out)
    more, now = result["more"], result["splits"]["held-out"]["accuracy"]
    assert (more["times"], more["n"]) == (2, 2 * result["pictures"]["train"])
    assert now <= more["low"] <= more["accuracy"] <= more["high"] <= 1
    told = headstart(*command, "-o", tmp_path / "b", "--quiet").out
    assert "With twice as many training pictures: " in told


def test_nothing_is_promised_where_nothing_was_measured(trained: Path, shapes: Path, backbone: Path) -> None:
    run = hs.train(str(shapes), backbone=str(backbone), plan=trained / "plan.toml")
    assert (run.more(), run.to_dict()["more"]) == (None, None)


def test_pictures_that_the_network_knows_are_warned_of(shapes: Path, backbone: Path) -> None:
    found = hs.plan(str(shapes), backbone=str(backbone))
    assert found.evidence is not None
    known = changed(found.evidence, entropy=0.3, source_entropy=0.5, distance=0.1)
    assert prepare._with_warning(found.plan, known).summary == (*found.plan.summary, SEEN)
    new = changed(found.evidence, entropy=0.5, source_entropy=0.5, distance=0.1)
    assert prepare._with_warning(found.plan, new) == found.plan
