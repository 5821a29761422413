"""--sensitivity, --cost, --points, --taxonomy and --sure from the command line, with each mistake in one line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from headstart import model
from headstart.errors import BundleError, DataError
from headstart.files import sha256
from tests.cli.conftest import tree

TREE = "round:\n  circle:\nstraight: [cross, square]\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Three classes in folders, the same as nested folders, a tree and a table of experts."""
    root = tmp_path_factory.mktemp("deciding")
    tree(root / "flat", names=("circle", "cross", "square"), each=16)
    for old, new in (("circle", "round"), ("cross", "straight"), ("square", "straight")):
        (root / "nested" / new).mkdir(parents=True, exist_ok=True)
        (root / "nested" / new / old).symlink_to(root / "flat" / old)
    (root / "tree.yaml").write_text(TREE)
    (root / "experts.csv").write_text("name,sensitivity,specificity\nA,0.8,0.7\nB,0.9,0.5\n")
    return root


def _asked(data: Path) -> list:
    """A wanted sensitivity, a tree and experts, as flags."""
    return ["--sensitivity", "circle=0.9", "--taxonomy", data / "tree.yaml", "--points", data / "experts.csv"]


@pytest.fixture(scope="module")
def quick(backbone) -> list:
    return ["--backbone", backbone, "--case", 1, "--quiet"]


@pytest.fixture(scope="module")
def decided(data, quick, tmp_path_factory) -> Path:
    """A run with a wanted sensitivity and a tree."""
    from headstart.cli.main import main

    out = tmp_path_factory.mktemp("decided") / "run"
    assert main([str(a) for a in ("train", data / "flat", *quick, "-o", out, *_asked(data))]) == 0
    return out


def test_train_tells_of_both(headstart, data, quick, tmp_path):
    told = headstart("train", data / "flat", *quick, "-o", tmp_path / "run", *_asked(data))
    assert told.code == 0
    for part in (
        "circle against the rest: area under the curve",
        "the curve passes above",
        "called circle from a probability of",
        "wanted: 90 %",
        "taxonomy (tree.yaml): named rightly at each level",
        "    straight: ",
    ):
        assert part in told.out
    page = (tmp_path / "run" / "report.html").read_text()
    assert '<section id="points">' in page
    assert '<section id="levels">' in page


def test_json_holds_both(headstart, data, quick, tmp_path):
    asked = ["--sensitivity", "circle=0.9", "--taxonomy", data / "tree.yaml", "--json"]
    found = json.loads(headstart("train", data / "flat", *quick, "-o", tmp_path / "run", *asked).out)
    (reached,) = found["points"]["decided"]["reached"]
    assert (reached["name"], reached["wanted"]) == ("circle", 0.9)
    assert [level["nodes"] for level in found["levels"]["levels"]] == [2, 3]
    plain = json.loads(headstart("train", data / "flat", *quick, "-o", tmp_path / "plain", "--json").out)
    assert not {"points", "levels"} & plain.keys()
    with (tmp_path / "run" / "predictions.csv").open() as file:
        assert next(csv.reader(file))[-1] == "decided"
    with (tmp_path / "plain" / "predictions.csv").open() as file:
        assert next(csv.reader(file))[-1] == "digest"


def test_the_bundle_keeps_them(decided, data, headstart):
    loaded = model.load(decided)
    assert loaded.taxonomy is not None
    assert loaded.taxonomy.classes == loaded.classes
    assert loaded.decision is not None
    (one,) = loaded.decision.thresholds
    assert (one.name, one.wanted, one.pictures) == ("circle", 0.9, 13)
    assert 0 <= one.low <= one.value <= one.high <= 1
    found = headstart("predict", decided, data / "flat" / "circle" / "00.png", "--json", "--sure", 0.9)
    (answer,) = json.loads(found.out)["predictions"]
    assert answer["decided"] in loaded.classes
    assert answer["certain"]["label"] in loaded.taxonomy.names
    text = headstart("predict", decided, data / "flat" / "circle" / "00.png", "--sure", 0.9).out
    assert "called circle:" in text
    rows = headstart("predict", decided, data / "flat" / "circle" / "00.png", "--csv", "--sure", 0.9).out
    assert rows.splitlines()[0].startswith("path,rank,label,confidence,decided,certain")


def test_equal_commands_write_equal_bundles(decided, data, quick, headstart, tmp_path):
    assert headstart("train", data / "flat", *quick, "-o", tmp_path / "again", *_asked(data)).code == 0
    one, two = (
        {p.relative_to(run).as_posix(): sha256(p) for p in sorted((run / "bundle").rglob("*")) if p.is_file()}
        for run in (decided, tmp_path / "again")
    )
    assert one == two


def test_evaluate_proves_the_decision(decided, data, headstart):
    found = headstart(
        "evaluate", decided, data / "flat", "--json", "--quiet", "--points", data / "experts.csv"
    )
    told = json.loads(found.out)["splits"]["held-out"]
    assert told["points"]["decided"]["reached"][0]["wanted"] == 0.9
    assert [one["name"] for one in told["points"]["curves"][0]["experts"]] == ["A", "B"]
    assert told["levels"]["levels"][-1]["score"]["accuracy"] == told["accuracy"]
    assert "taxonomy (tree.yaml)" in headstart("evaluate", decided, data / "flat", "--quiet").out


def test_people_are_counted_from_their_answers(decided, data, headstart, tmp_path):
    held = json.loads(headstart("evaluate", decided, data / "flat", "--json", "--quiet").out)
    assert held
    with (decided / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    lines = ["name,picture,answer"]
    for row in rows:
        short = "/".join(Path(row["path"]).parts[-2:])
        lines += [f"sure,{short},circle", f"right,{short},{row['label']}"]
    table = tmp_path / "answers.csv"
    table.write_text("\n".join(lines))
    found = headstart("evaluate", decided, data / "flat", "--json", "--quiet", "--points", f"circle={table}")
    people = json.loads(found.out)["splits"]["held-out"]["points"]["curves"][0]["experts"]
    assert [(p["name"], p["sensitivity"], p["specificity"]) for p in people] == [
        ("sure", 1.0, 0.0),
        ("right", 1.0, 1.0),
    ]


def test_costs_and_nested_folders(data, quick, headstart, tmp_path):
    (tmp_path / "costs.csv").write_text("true;called;cost\ncircle;cross;7\n")
    asked = ["--cost", tmp_path / "costs.csv", "--cost", "cross:circle=0.5", "--taxonomy", "folders"]
    told = headstart("train", data / "nested", *quick, "-o", tmp_path / "run", *asked)
    assert told.code == 0, told.err
    assert "mean cost of a picture:" in told.out
    loaded = model.load(tmp_path / "run")
    assert loaded.decision is not None
    assert loaded.decision.costs == ((0, 7, 1), (0.5, 0, 1), (1, 1, 0))
    assert loaded.classes == ("circle", "cross", "square")
    again = headstart("evaluate", tmp_path / "run", data / "nested", "--quiet", "--json")
    assert json.loads(again.out)["splits"]["held-out"]["levels"]["origin"] == "folders"


def test_classes_are_joined(data, quick, headstart, tmp_path):
    asked = ["--taxonomy", data / "tree.yaml", "--most-per-class", 33]
    told = headstart("train", data / "flat", *quick, "-o", tmp_path / "run", *asked)
    assert told.code == 0
    loaded = model.load(tmp_path / "run")
    assert loaded.classes == ("round", "straight")
    held = headstart("evaluate", tmp_path / "run", data / "flat", "--quiet", "--json")
    assert json.loads(held.out)["splits"]["held-out"]["n"] > 0
    assert "round (of circle)" not in told.out
    assert "stands for cross, square" in (tmp_path / "run" / "report.html").read_text()


def test_plan_and_train_with_the_tree(data, quick, headstart, tmp_path):
    plan = headstart(
        "plan",
        data / "nested",
        *quick,
        "-o",
        tmp_path / "plan.toml",
        "--taxonomy",
        "folders",
        "--most-per-class",
        33,
    )
    assert "--taxonomy folders --most-per-class 33" in plan.out


def test_folds_prove_no_threshold(data, quick, headstart, tmp_path):
    asked = ["--folds", 3, "--sensitivity", "circle=0.9", "--json"]
    found = json.loads(headstart("train", data / "flat", *quick, "-o", tmp_path / "run", *asked).out)
    assert found["points"]["decided"] is None
    assert found["points"]["curves"][0]["name"] == "circle"


def test_what_cannot_be_reached_ends_no_training(data, quick, headstart, tmp_path):
    """Circles in three folders: what is called one takes what is of another."""
    for name in ("circle", "cross", "square"):
        tree(tmp_path / name, names=("circle",), each=16, seed=len(name))
        (tmp_path / "alike").mkdir(exist_ok=True)
        (tmp_path / name / "circle").rename(tmp_path / "alike" / name)
    asked = ["--sensitivity", "circle=0.93", "--sensitivity", "cross=0.93"]
    told = headstart("train", tmp_path / "alike", *quick[:-1], "-o", tmp_path / "run", *asked)
    assert told.code == 0
    assert "cross=0.93: out of reach beside circle=0.93" in told.err
    said = "no threshold for the wanted sensitivity: it names the likeliest class"
    assert said in told.out
    assert said in (tmp_path / "run" / "report.html").read_text()
    assert model.load(tmp_path / "run").decision is None


def test_experts_stay_where_no_threshold_was_found(data, quick, headstart, tmp_path, monkeypatch):
    def nothing(*_):
        raise DataError("sensitivity circle=0.9: no training picture of it was held out; add pictures")

    monkeypatch.setattr("headstart.assess.thresholds.thresholds", nothing)
    asked = ["--sensitivity", "circle=0.9", "--points", data / "experts.csv", "--json"]
    found = json.loads(headstart("train", data / "flat", *quick, "-o", tmp_path / "run", *asked).out)
    assert found["points"]["decided"] is None
    assert [one["name"] for one in found["points"]["curves"][0]["experts"]] == ["A", "B"]


def test_pictures_that_were_learnt_from_prove_nothing(decided, data, headstart):
    found = headstart("evaluate", decided, data / "flat", "--split", "all")
    assert "how sure it is and what its decision reaches are told on other pictures alone" in found.err
    assert "wanted: 90 %" not in found.out
    assert "sure of its answers" not in found.out
    told = json.loads(headstart("evaluate", decided, data / "flat", "--split", "all", "--json").out)
    assert told["splits"]["all"]["points"]["decided"] is None
    assert "certainty" not in told["splits"]["all"]


HOSTILE = "<script>alert('x')</script>"


def test_hostile_node_names_stay_inert(data, quick, headstart, tmp_path):
    (tmp_path / "t.yaml").write_text(f'"{HOSTILE}": [circle]\n"\\e[31m\\u202e": [cross, square]\n')
    told = headstart(
        "train", data / "flat", *quick, "-o", tmp_path / "run", "--taxonomy", tmp_path / "t.yaml"
    )
    assert told.code == 0
    assert "\x1b" not in told.out
    page = (tmp_path / "run" / "report.html").read_text()
    assert HOSTILE not in page
    assert "&lt;script&gt;alert" in page
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--sensitivity", "circle"], "expected CLASS=SHARE"),
        (["--sensitivity", "circle=1"], "expected a share between 0 and 1"),
        (["--sensitivity", "circel=0.9"], "sensitivity: no class 'circel'; did you mean 'circle'?"),
        (
            ["--sensitivity", "circle=.9", "--sensitivity", "cross=.9", "--sensitivity", "square=.9"],
            "is asked for all 3 classes",
        ),
        (
            ["--sensitivity", "circle=0.9", "--cost", "circle:cross=5"],
            "sensitivity and cost: choose one of the two",
        ),
        (["--cost", "circle:cross"], "expected TRUE:CALLED=COST|no such file"),
        (["--cost", "circle=3"], "expected TRUE:CALLED=COST"),
        (["--cost", "circle:cros=3"], "cost: no class 'cros'; did you mean 'cross'?"),
        (["--cost", "circle:cross=-3"], "expected a cost of 0 or more"),
        (["--cost", "circle:circle=3"], "a right answer costs nothing"),
        (["--cost", "circle:cross=nan"], "expected a cost of 0 or more"),
        (["--points", "nothing.csv"], "which class is it about"),
        (["--points", "circle=nothing.csv"], "--points nothing.csv: no such file"),
        (["--most-per-class", "5"], "most_per_class: cuts a taxonomy; name one"),
        (["--taxonomy", "nothing.yaml"], "nothing.yaml: cannot be read"),
        (["--taxonomy", "folders"], "no node stands above the classes"),
        (["--taxonomy", "column:kind"], "no node stands above|no column"),
    ],
)
def test_mistakes_are_told_in_one_line(data, quick, headstart, tmp_path, flags, said):
    import re

    told = headstart("train", data / "flat", *quick, "-o", tmp_path / "run", *flags)
    assert told.code == 2
    assert re.search(said, told.err), told.err
    assert told.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_not_as_fine_as_sure_without_a_tree(trained, headstart, data):
    told = headstart("predict", trained, data / "flat" / "circle" / "00.png", "--sure", 0.9)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "the bundle has no taxonomy; make one with `headstart train --taxonomy`" in told.err


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("decision", {"thresholds": [], "costs": []}),
        ("decision", []),
        ("decision", {"costs": [[0, 1], [1, 0]]}),
        ("taxonomy", {"names": ["", "a", "b"], "parents": [-1, 0, 0], "merged": {}, "origin": ""}),
        ("taxonomy", {"names": [""], "parents": [-1], "merged": {}, "origin": ""}),
        ("taxonomy", 3),
    ],
)
def test_a_bundle_whose_decision_is_damaged_is_refused(decided, tmp_path, part, broken):
    import shutil

    from headstart import seals

    shutil.copytree(decided / "bundle", tmp_path / "b")
    place = tmp_path / "b" / "headstart.json"
    values = seals.opened(place.read_text(encoding="utf-8"))
    place.write_text(json.dumps(seals.sealed({**values, part: broken})), encoding="utf-8")
    with pytest.raises(BundleError, match="damaged"):
        model.load(tmp_path / "b")


def test_decided_answers_are_those_of_the_rule(decided, data):
    import headstart as hs

    loaded = model.load(decided)
    assert loaded.decision is not None
    pictures = sorted(map(str, (data / "flat").rglob("*.png")))
    found = hs.predict(loaded, pictures, sure=0.8)
    expected = loaded.decision.decide(np.stack(found.probabilities))
    assert found.decided == tuple(loaded.classes[place] for place in expected)
    assert len(found.certain) == len(pictures)


def test_what_is_none_of_the_classes_is_called_nothing():
    from headstart.job.predict import Predicted

    found = Predicted(
        ("a", "b"), (np.array([0.9, 0.1]),) * 2, ("x", "y"), (), (), ("x", "x"), (), (0.1, 0.9), 0.5
    )
    assert [one.decided for one in found.ranked(1)] == [None, "x"]
