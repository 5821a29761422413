"""Sets that are unlike the others go through the whole job, or end in clear words: classes left out, splits that lack
some, pictures without any content, too few pictures, likenesses."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes that can be learnt, and one of two pictures."""
    root = tree(tmp_path_factory.mktemp("uneven") / "shapes", names=("circle", "cross", "square"), each=10)
    shutil.copytree(root / "square", root / "star")
    for picture in sorted((root / "star").iterdir())[2:]:
        picture.unlink()
    for number, picture in enumerate((root / "star").iterdir()):
        Image.new("RGB", (20 + number, 20)).save(picture)
    return root


def test_a_set_with_a_rare_class_is_refused_with_the_cure(headstart, uneven, backbone, tmp_path) -> None:
    for verb in "plan", "train", "compare", "pretrain":
        own = [] if verb == "pretrain" else ["--backbone", backbone]
        answer = headstart(verb, uneven, *own, "-o", tmp_path / verb, "--quiet")
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert (
            "'star' (2); add pictures, or leave the classes out (--min-per-class 3, or --without"
            in answer.err
        )


@pytest.mark.parametrize("flags", [["--min-per-class", "3"], ["--without", "star"]], ids=" ".join)
def test_what_plan_left_out_train_and_evaluate_leave_out_too(
    headstart, uneven: Path, backbone: Path, tmp_path: Path, flags: list[str]
) -> None:
    plan, run = tmp_path / "plan.toml", tmp_path / "run"
    planned = headstart("plan", uneven, "--backbone", backbone, "--case", 1, "-o", plan, *flags)
    assert planned.code == 0, planned.err
    assert "classes left out" in planned.err
    assert "'star' (2)" in planned.err
    command = shlex.split(planned.out.rpartition("next     headstart ")[2])
    assert command[command.index(flags[0]) + 1] == flags[1]
    trained = headstart(*command, "-o", run)
    assert trained.code == 0, trained.err
    assert "measured on other training pictures" not in trained.err
    judged = headstart("evaluate", run / "bundle", uneven, "--split", "all", "--json")
    assert judged.code == 0, judged.err
    assert "the bundle was made without these classes: 2 pictures of 'star'" in judged.err
    (score,) = json.loads(judged.out)["splits"].values()
    assert (score["n"], [one["name"] for one in score["classes"]]) == (30, ["circle", "cross", "square"])


def test_classes_are_left_out_by_name_and_by_list_at_once(headstart, uneven, backbone, tmp_path) -> None:
    listed = tmp_path / "rare.txt"
    listed.write_text("# too few\nstar\n", encoding="utf-8")
    flags = ("--without", listed, "--without", "square", "--case", 1)
    answer = headstart("plan", uneven, "--backbone", backbone, "-o", tmp_path / "plan.toml", *flags, "--json")
    assert answer.code == 0, answer.err
    assert set(json.loads(answer.out)["evidence"]["class_counts"]) == {"circle", "cross"}
    assert "2 classes: 'circle', 'cross'; no splits given: a fifth is held out" in answer.err


def test_evaluate_holds_nothing_out_and_says_so(headstart, trained: Path, shapes: Path) -> None:
    answer = headstart("evaluate", trained / "bundle", shapes)
    assert "2 classes: 'circle', 'cross'; no splits given\n" in answer.err


def test_a_val_split_that_lacks_a_class_is_gone_on_with(headstart, uneven, backbone, tmp_path) -> None:
    data = tmp_path / "data"
    for split, names in (("Training", ("circle", "cross", "square")), ("Validation", ("circle", "cross"))):
        tree(data / split, names=names, each=8, seed=len(names))
    answer = headstart("train", data, "--backbone", backbone, "--case", 1, "-o", tmp_path / "run")
    assert answer.code == 0, answer.err
    assert "splits from the folders 'Training' (train) and 'Validation' (val)" in answer.err
    assert "val lacks classes of train: accuracies there say nothing of 'square'" in answer.err
    assert "val: accuracy" in answer.out


def black(data: Path) -> None:
    """Pictures of different sizes, that hence are no copies of one another, and show nothing."""
    for number, picture in enumerate(sorted(data.rglob("*.png"))):
        Image.new("RGB", (20 + number, 24)).save(picture)


def test_black_pictures_get_a_result_of_numbers(headstart, backbone: Path, tmp_path: Path) -> None:
    data = tree(tmp_path / "data", each=10)
    black(data)
    answer = headstart("plan", data, "--backbone", backbone, "-o", tmp_path / "plan.toml", "--json")
    assert answer.code == 0, answer.err
    evidence = json.loads(answer.out)["evidence"]
    assert isinstance(evidence["logme"], float)
    assert max(row["accuracy"] for row in evidence["profile"]) <= evidence["majority"]
    answer = headstart("train", data, "--backbone", backbone, "-o", tmp_path / "run", "--json", "--case", 1)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["splits"]["held-out"]["accuracy"] == 0.5


def alike(data: Path) -> None:
    """One picture, in every class."""
    first = (data / "circle" / "00.png").read_bytes()
    for picture in data.rglob("*.png"):
        picture.write_bytes(first)


def alike_in_a_class(data: Path) -> None:
    for name in "circle", "cross":
        first = (data / name / "00.png").read_bytes()
        for picture in (data / name).iterdir():
            picture.write_bytes(first)


def alike_in_both_splits(data: Path) -> None:
    whole = data.rename(data.with_name("whole"))
    for split in "train", "test":
        shutil.copytree(whole, data / split)


def two(data: Path) -> None:
    for picture in data.rglob("*.png"):
        if picture.name != "00.png":
            picture.unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (alike, "nothing can be held out, since the pictures of each class are copies of one another"),
        (alike_in_a_class, "nothing can be held out, since the pictures of each class are copies of one another"),
        (alike_in_both_splits, "fewer than 3 usable pictures in train: 'circle' (0), 'cross' (0)"),
        (two, "fewer than 3 usable pictures: 'circle' (1), 'cross' (1)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["plan", "train"])
def test_sets_of_which_nothing_can_be_proved(
    headstart, backbone: Path, tmp_path: Path, verb: str, spoil: Callable[[Path], None], words: str
) -> None:
    data = tree(tmp_path / "data")
    spoil(data)
    answer = headstart(verb, data, "--backbone", backbone, "-o", tmp_path / "out", "--quiet")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert words in answer.err
    assert not (tmp_path / "out").exists()


def test_a_link_that_loops_is_listed_and_the_run_goes_on(headstart, backbone: Path, tmp_path: Path) -> None:
    data, run = tree(tmp_path / "data"), tmp_path / "run"
    (data / "circle" / "loop.png").symlink_to("loop.png")
    answer = headstart("train", data, "--backbone", backbone, "--case", 1, "-o", run)
    assert answer.code == 0, answer.err
    assert "loop.png,a link that leads back to itself" in (run / "quarantine.csv").read_text()
    some = headstart("predict", run / "bundle", data, "--json")
    assert (some.code, len(json.loads(some.out)["predictions"])) == (0, 28)


@pytest.mark.parametrize("verb", ["train", "pretrain"])
def test_likenesses_are_listed_in_the_run_s_folder(headstart, backbone, tmp_path, verb: str) -> None:
    data, run = tree(tmp_path / "data"), tmp_path / "run"
    shutil.copy(data / "circle" / "00.png", data / "circle" / "copy.png")
    shutil.copy(data / "circle" / "01.png", data / "cross" / "torn.png")
    quick = (
        ("--epochs", 1, "--image-size", 32) if verb == "pretrain" else ("--backbone", backbone, "--case", 1)
    )
    answer = headstart(verb, data, "-o", run, *quick)
    assert answer.code == 0, answer.err
    assert "pictures that stand in more than one class: 1 (cross/torn.png and circle/01.png)" in answer.err
    assert f"alike    3 pairs of pictures, listed in {run / 'alike.csv'}" in answer.out
    with (run / "alike.csv").open(encoding="utf-8", newline="") as handle:
        rows = [(row["kind"], Path(row["path"]).name, row["label"]) for row in csv.DictReader(handle)]
    assert rows == [
        ("copy", "copy.png", "circle"),
        ("copy", "torn.png", "cross"),
        ("copy in another class", "torn.png", "cross"),
    ]
