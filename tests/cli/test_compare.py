"""headstart compare through the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import tree

QUICK = ("--backbone", "demo-cnn", "--epochs", 1, "--quiet")


def test_strategies_side_by_side_with_the_plan_s_choice_marked(headstart, tmp_path: Path) -> None:
    data = tree(tmp_path / "shapes", each=16)
    (data / "circle" / "torn.png").write_bytes(b"")
    folder = tmp_path / "out"
    answer = headstart("compare", data, "-o", folder, *QUICK, "--json")
    assert (answer.code, answer.err) == (0, "")
    said = json.loads(answer.out)
    rows = said["contenders"]
    assert [row["accuracy"] for row in rows] == sorted((row["accuracy"] for row in rows), reverse=True)
    assert [row["name"] for row in rows if row["chosen"]] == [said["choice"]]
    assert rows[0]["behind"] == 0
    assert said["regret"] >= 0
    with (folder / "compare.csv").open(encoding="utf-8") as handle:
        answers = list(csv.DictReader(handle))
    assert len(answers) == said["pictures"]["report"]
    for row in rows:
        right = sum(line["label"] == line[row["name"]] for line in answers)
        assert right == round(row["accuracy"] * row["n"])
    assert said["pictures"]["quarantine"] == 1
    with (folder / "quarantine.csv").open(encoding="utf-8") as handle:
        assert [Path(row["path"]).name for row in csv.DictReader(handle)] == ["torn.png"]
    drawing = ElementTree.parse(folder / "compare.svg")
    shown = "".join(drawing.getroot().itertext())
    assert all(row["name"] in shown for row in rows)
    again = headstart("compare", data, "-o", folder, *QUICK, "--resume")
    assert again.code == 0
    assert "* " + said["choice"] in again.out
    assert "points behind" in again.out
    assert "± is one paired standard error" in again.out
    assert f"left out 1 file, listed in {folder / 'quarantine.csv'}" in again.out


@pytest.mark.parametrize(
    ("flag", "value"), [("--lr", 0.1), ("--case", 3), ("--cut", "conv2"), ("--init", "random")]
)
def test_flags_that_name_a_strategy_are_refused_before_any_work(
    headstart, tmp_path: Path, flag, value
) -> None:
    data = tree(tmp_path / "shapes", each=8)
    answer = headstart("compare", data, "-o", data, *QUICK, flag, value)
    assert answer.code == 2
    assert f"{flag}: compare tries every strategy" in answer.err
