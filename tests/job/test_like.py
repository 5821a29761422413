"""train --like: adding pictures is a step. Old report pictures stay, and old and new answers are paired."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import headstart as hs
from headstart.data import partition_keeping
from headstart.errors import DataError, OptionError
from tests.cli.conftest import picture


def _grown(shapes: Path, root: Path, *, each: int = 6) -> Path:
    """The shapes and `each` more of every class."""
    shutil.copytree(shapes, root)
    rng = np.random.default_rng(9)
    for name in ("circle", "cross"):
        for number in range(each):
            picture(name, rng).save(root / name / f"new{number}.png")
    return root


def _rows(run: Path) -> list[dict[str, str]]:
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _old_places(trained: Path, root: Path) -> list[Path]:
    return [root / Path(row["path"]).parent.name / Path(row["path"]).name for row in _rows(trained)]


def test_the_same_pictures_are_asked_of_old_and_new(
    headstart, trained: Path, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    data, run = _grown(shapes, tmp_path / "more"), tmp_path / "run"
    command = ("train", data, "--backbone", backbone, "--case", 1, "--like", trained, "-o", run)
    answer = headstart(*command, "--json", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    found = json.loads(answer.out)["like"]
    old, new = (
        {row["digest"]: row["label"] == row["prediction"] for row in _rows(place)} for place in (trained, run)
    )
    assert set(old) == set(new)
    assert (found["n"], found["before"], found["now"]) == (len(old), sum(old.values()), sum(new.values()))
    assert found["gain"] == pytest.approx(np.mean([new[one] - old[one] for one in old]))
    assert found["added"] == {"circle": 6, "cross": 6}
    assert (found["gone"], found["relabelled"], found["run"]) == (0, 0, str(trained))
    text = (run / "report.html").read_text(encoding="utf-8")
    assert f"the same {len(old)} pictures: {found['before']} right before, {found['now']} now" in text


def test_the_console_says_it(headstart, trained: Path, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    command = (
        "train",
        shapes,
        "--backbone",
        backbone,
        "--case",
        1,
        "--like",
        trained,
        "-o",
        tmp_path / "run",
    )
    answer = headstart(*command, "--quiet")
    assert answer.code == 0
    n = len(_rows(trained))
    right = sum(row["label"] == row["prediction"] for row in _rows(trained))
    assert f"on the same {n} pictures: {right} right before, {right} now: +0.0 ± 0.0 points" in answer.out


def test_what_is_gone_or_relabelled_is_said(
    trained: Path, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    data = _grown(shapes, tmp_path / "more")
    first, second, *_ = _old_places(trained, data)
    first.unlink()
    other = "cross" if second.parent.name == "circle" else "circle"
    second.rename(data / other / "moved.png")
    run = hs.train(str(data), backbone=str(backbone), case=1, like=trained)
    assert run.change is not None
    assert (run.change.gone, run.change.relabelled) == (1, 1)
    assert run.change.n == len(_rows(trained)) - 1


def test_copies_of_old_report_pictures_do_not_train(
    trained: Path, shapes: Path, backbone: Path, tmp_path: Path
) -> None:
    data = _grown(shapes, tmp_path / "more")
    place = _old_places(trained, data)[0]
    Image.open(place).save(place.with_name("copy.bmp"))  # equal pixels in another file
    run = hs.train(str(data), backbone=str(backbone), case=1, like=trained)
    learnt = [run.prepared.dataset.paths[i] for i in run.prepared.partition.train]
    assert not any(path.endswith("copy.bmp") for path in learnt)
    assert run.change is not None
    assert run.change.n == len(_rows(trained))


def test_a_split_of_the_sources_own_stays_one(shapes: Path, tmp_path: Path) -> None:
    for split, names in {"train": range(8), "test": range(8, 12)}.items():
        for label in ("circle", "cross"):
            (tmp_path / split / label).mkdir(parents=True)
            for number in names:
                shutil.copy(shapes / label / f"{number:02}.png", tmp_path / split / label)
    dataset = hs.load_data(str(tmp_path)).dataset
    tested = np.flatnonzero(np.array(dataset.splits) == "test")
    kept = np.array([*tested[:2], np.flatnonzero(np.array(dataset.splits) == "train")[0]])
    parts, aside = partition_keeping(dataset, kept, seed=0)
    assert set(parts.report) == {*tested, kept[-1]}
    assert kept[-1] not in parts.train
    assert (len(parts.train), aside) == (15, 0)


def test_a_class_without_other_pictures_is_an_error(shapes: Path) -> None:
    dataset = hs.load_data(str(shapes)).dataset
    with pytest.raises(DataError, match="class 'circle' has no pictures but old report pictures"):
        partition_keeping(dataset, np.flatnonzero(dataset.labels == 0), seed=0)


def test_other_classes_are_an_error(trained: Path, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    data = _grown(shapes, tmp_path / "more")
    (data / "cross").rename(data / "plus")
    with pytest.raises(DataError, match="'plus' is new, 'cross' is gone"):
        hs.train(str(data), backbone=str(backbone), case=1, like=trained)


def test_none_left_is_an_error(trained: Path, shapes: Path, backbone: Path, tmp_path: Path) -> None:
    data = _grown(shapes, tmp_path / "more")
    for place in _old_places(trained, data):
        place.unlink()
    with pytest.raises(DataError, match=r"none of its 6 pictures of the report"):
        hs.train(str(data), backbone=str(backbone), case=1, like=trained)


def test_what_an_old_run_lacks_is_said(trained: Path, shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"has no predictions\.csv that can be read"):
        hs.train(str(shapes), like=tmp_path)
    old = tmp_path / "old"
    shutil.copytree(trained, old)
    lines = (old / "predictions.csv").read_text(encoding="utf-8").splitlines()
    (old / "predictions.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
    with pytest.raises(OptionError, match="does not say which pictures it is about"):
        hs.train(str(shapes), like=old)


def test_folds_keep_no_report_pictures(trained: Path, shapes: Path) -> None:
    with pytest.raises(OptionError, match="like and folds"):
        hs.train(str(shapes), like=trained, folds=3)
    with pytest.raises(OptionError, match="plan has no use for it"):
        hs.plan(str(shapes), like=trained)
