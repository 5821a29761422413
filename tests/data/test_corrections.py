"""--fix: a table of decisions, done by content; every mistake in it is one line."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import data
from headstart.data import corrections
from headstart.errors import DataError
from headstart.strangers import cell

HEAD = ("action", "finding", "label", "suggested", "score", "path", "other", "digest")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("ant", "bee", "=wasp"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(0, 255, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{number}.png")
    return tmp_path / "set"


def row(picture: Path, action: str, suggested: str = "", label: str = "") -> list[str]:
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    name = str(cell(label or picture.parent.name))
    return [action, "wrong label", name, suggested, "0.9", str(picture), "", digest]


def table(place: Path, *rows: list[str], delimiter: str = ",") -> Path:
    with place.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEAD, *rows])
    return place


def fixed(folder: Path, *rows: list[str], delimiter: str = ",") -> data.Intake:
    read = corrections.read(table(folder.parent / "review.csv", *rows, delimiter=delimiter))
    return data.load(folder, fix=read)


def label_of(intake: data.Intake, picture: Path) -> str | None:
    found = dict(zip(intake.dataset.paths, intake.dataset.labels.tolist(), strict=True))
    return intake.dataset.classes[found[str(picture)]] if str(picture) in found else None


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_labels_change_pictures_leave_and_no_file_is_touched(folder: Path, delimiter: str) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.png")}
    plain = data.load(folder)
    intake = fixed(
        folder,
        row(folder / "ant" / "0.png", "Relabel", "bee"),
        row(folder / "bee" / "1.png", "leave_out"),
        row(folder / "bee" / "2.png", "keep", "ant"),
        row(folder / "bee" / "3.png", "", "ant"),
        delimiter=delimiter,
    )
    assert label_of(intake, folder / "ant" / "0.png") == "bee"
    assert label_of(intake, folder / "bee" / "1.png") is None
    assert label_of(intake, folder / "bee" / "2.png") == label_of(intake, folder / "bee" / "3.png") == "bee"
    assert [bad.reason for bad in intake.quarantine] == ["left out in review.csv, row 3"]
    assert any("1 picture relabelled, 1 left out, 1 kept as they are" in note for note in intake.notes)
    assert intake.dataset.fingerprint != plain.dataset.fingerprint
    assert {path: path.read_bytes() for path in folder.rglob("*.png")} == before


def test_pictures_are_known_by_content_not_by_place(folder: Path, tmp_path: Path) -> None:
    rows = [row(folder / "ant" / "0.png", "relabel", "bee")]
    (folder / "ant" / "0.png").rename(folder / "ant" / "moved.png")
    assert label_of(fixed(folder, *rows), folder / "ant" / "moved.png") == "bee"


def test_class_names_that_spreadsheets_would_run_come_back(folder: Path) -> None:
    intake = fixed(
        folder,
        row(folder / "=wasp" / "0.png", "relabel", "bee"),
        row(folder / "bee" / "0.png", "relabel", "'=wasp"),
        row(folder / "bee" / "1.png", "relabel", "=wasp"),
    )
    assert label_of(intake, folder / "=wasp" / "0.png") == "bee"
    assert label_of(intake, folder / "bee" / "0.png") == label_of(intake, folder / "bee" / "1.png") == "=wasp"
    kept = folder.parent / "fix.csv"
    assert intake.corrected
    corrections.write(kept, intake.corrected)
    assert "\n=" not in kept.read_text(encoding="utf-8").replace(",=", "\n=")
    again = data.load(folder, fix=corrections.read(kept))
    assert again.dataset.fingerprint == intake.dataset.fingerprint


def test_the_same_picture_in_two_classes_has_two_rows(folder: Path) -> None:
    (folder / "bee" / "double.png").write_bytes((folder / "ant" / "0.png").read_bytes())
    intake = fixed(
        folder, row(folder / "ant" / "0.png", "keep"), row(folder / "bee" / "double.png", "leave out")
    )
    assert label_of(intake, folder / "ant" / "0.png") == "ant"
    assert label_of(intake, folder / "bee" / "double.png") is None


def test_of_equal_files_the_one_is_left_out_that_the_row_names(tmp_path: Path, folder: Path) -> None:
    split = tmp_path / "split"
    for part in ("train", "test"):
        (split / part).mkdir(parents=True)
        for name in ("ant", "bee"):
            (folder / name).rename(split / part / name) if part == "train" else (split / part / name).mkdir()
    for name in ("ant", "bee"):
        for number in range(4, 6):
            (split / "train" / name / f"{number}.png").rename(split / "test" / name / f"{number}.png")
    early, late = split / "train" / "ant" / "0.png", split / "test" / "ant" / "copy.png"
    late.write_bytes(early.read_bytes())
    second = split / "test" / "bee" / "second.png"
    second.write_bytes((split / "test" / "bee" / "4.png").read_bytes())
    asked = [row(early, "leave out"), row(second, "leave out"), row(split / "test" / "bee" / "4.png", "keep")]
    intake = fixed(split, *asked)
    assert {bad.path for bad in intake.quarantine} == {str(early), str(second)}
    assert label_of(intake, late) == "ant"
    moved = split.rename(tmp_path / "moved")
    corrected = fixed(moved, *asked).corrected
    assert corrected
    assert {Path(bad.path).name for bad in corrected.left_out} == {"0.png", "second.png"}
    assert corrections.text(corrected).count("leave out") == 2


def test_a_relabelled_picture_is_so_in_all_its_equal_files(folder: Path) -> None:
    copy = folder / "ant" / "copy.png"
    copy.write_bytes((folder / "ant" / "0.png").read_bytes())
    intake = fixed(folder, row(folder / "ant" / "0.png", "relabel", "bee"))
    assert label_of(intake, copy) == label_of(intake, folder / "ant" / "0.png") == "bee"


def test_rows_that_are_done_or_lost_are_told(folder: Path) -> None:
    rows = [row(folder / "ant" / "0.png", "relabel", "bee"), row(folder / "ant" / "1.png", "leave out")]
    (folder / "ant" / "0.png").rename(folder / "bee" / "mine.png")
    (folder / "ant" / "1.png").unlink()
    intake = fixed(folder, *rows)
    assert any("1 done already" in note for note in intake.notes)
    assert any("1 rows are of pictures that are not here" in note for note in intake.notes)


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (
            (("relabel", "moth"),),
            "row 2: there is no class 'moth' to relabel to; expected one of '=wasp', 'ant', 'bee'",
        ),
        ((("relabel", "bea"),), "did you mean 'bee'?"),
        ((("relabel", ""),), "row 2: relabel, but to which class?"),
        (
            (("delete", ""),),
            "row 2: action 'delete' is unknown; expected keep, relabel, leave out, or nothing",
        ),
        ((("keep", ""), ("leave out", "")), "rows 2 and 3 are of one picture"),
        ((("relabel", "bee"), ("relabel", "=wasp")), "'relabel bee' and 'relabel =wasp'; make them agree"),
    ],
)
def test_each_mistake_is_one_line(folder: Path, actions: tuple, said: str) -> None:
    picture = folder / "ant" / "0.png"
    with pytest.raises(DataError) as raised:
        fixed(folder, *(row(picture, *action) for action in actions))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_another_table_is_refused(folder: Path) -> None:
    place = folder.parent / "other.csv"
    place.write_text("path,label\na.png,ant\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no column 'action', 'digest', 'suggested'; expected the table of"):
        corrections.read(place)
