"""headstart review, and its table through --fix."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.job.like import read as read_like
from tests.cli.conftest import picture, tree

HOSTILE = "=cmd|' <script>alert(1)</script>"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Circles and crosses; two circles lie among the crosses, one cross in both classes, one picture is black."""
    root = tree(tmp_path_factory.mktemp("data") / "mixed", each=24)
    (root / "cross").rename(root / HOSTILE.replace("/", "⁄"))
    crosses = root / HOSTILE.replace("/", "⁄")
    rng = np.random.default_rng(5)
    for number in (1, 2):
        picture("circle", rng).save(crosses / f"wrong{number}.png")
    double = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(double).save(crosses / "double.png")
    Image.fromarray(double).save(root / "circle" / "double.png")
    Image.new("RGB", (24, 24)).save(root / "circle" / "black.png")
    return root


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def reviewed(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from headstart.cli.main import main

    place = tmp_path_factory.mktemp("review") / "out"
    assert main(["review", str(mixed), "-o", str(place), "--backbone", "small", "--quiet"]) == 0
    return place


def test_what_was_planted_is_found(reviewed: Path) -> None:
    found = {(row["finding"], Path(row["path"]).name) for row in rows_of(reviewed / "review.csv")}
    assert {("wrong label", "wrong1.png"), ("wrong label", "wrong2.png")} <= found
    assert {("in two classes", "double.png"), ("dark", "black.png")} <= found
    assert len([one for one in found if one[0] == "wrong label"]) <= 4


def test_the_table_and_the_page_are_harmless(reviewed: Path) -> None:
    text = (reviewed / "review.csv").read_text(encoding="utf-8")
    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    page = (reviewed / "review.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http" not in page.split("</style>")[1].replace("http-equiv", "")
    assert "may lie in the wrong folder" in page


def test_the_json_tells_the_same(headstart, mixed: Path, tmp_path: Path) -> None:
    answer = headstart("review", mixed, "-o", tmp_path / "out", "--backbone", "small", "--quiet", "--json")
    told = json.loads(answer.out)
    assert told["counts"]["wrong label"] == len(
        [one for one in told["findings"] if one["kind"] == "wrong label"]
    )
    assert told["n"] == 53
    assert (
        json.loads((tmp_path / "out" / "review.json").read_text(encoding="utf-8"))["findings"]
        == told["findings"]
    )


def decided(reviewed: Path, place: Path) -> Path:
    """The table with every suspect relabelled as suggested, and what lies in two classes left out."""
    rows = rows_of(reviewed / "review.csv")
    for row in rows:
        row["action"] = {"wrong label": "relabel", "in two classes": "leave out"}.get(row["finding"], "")
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return place


def test_the_table_goes_the_whole_way_round(headstart, mixed: Path, reviewed: Path, tmp_path: Path) -> None:
    fix, run = decided(reviewed, tmp_path / "mine.csv"), tmp_path / "run"
    asked = ("train", mixed, "--backbone", "small", "--case", "1", "--fix", fix, "-o", run)
    answer = headstart(*asked)
    assert answer.code == 0
    assert "relabelled, 2 left out" in answer.err
    assert "no file was touched" in (run / "report.html").read_text(encoding="utf-8")
    assert {row["action"] for row in rows_of(run / "fix.csv")} == {"relabel", "leave out"}
    assert headstart("train", mixed, "--backbone", "small", "--case", "1", "-o", run, "--resume").code == 2
    assert headstart(*asked, "--resume").code == 0
    again = headstart("evaluate", run / "bundle", mixed, "--fix", run / "fix.csv", "--json", "--quiet")
    assert json.loads(again.out)["splits"]["held-out"]["trained_on"] == 0
    answer = headstart("review", mixed, "--fix", fix, "-o", tmp_path / "second", "--backbone", "small")
    second = rows_of(tmp_path / "second" / "review.csv")
    assert not {"wrong1.png", "wrong2.png"} & {
        Path(row["path"]).name for row in second if row["finding"] != "decided"
    }
    assert {row["action"] for row in second if row["finding"] == "decided"} == {"relabel", "leave out"}


def test_an_old_run_with_corrections_is_told(
    headstart, mixed: Path, reviewed: Path, tmp_path: Path, said
) -> None:
    fix = decided(reviewed, tmp_path / "mine.csv")
    old = tmp_path / "old"
    assert headstart("train", mixed, "--backbone", "small", "--case", "1", "--fix", fix, "-o", old).code == 0
    from headstart import progress

    progress.use(progress.Silent())
    answer = headstart(
        "train", mixed, "--backbone", "small", "--case", "1", "--like", old, "-o", tmp_path / "new"
    )
    assert f"its labels were corrected and these are not; --fix {old / 'fix.csv'}" in answer.err
    assert read_like(old).answers


def test_plan_names_the_table_in_its_next_step(
    headstart, mixed: Path, reviewed: Path, tmp_path: Path
) -> None:
    fix = decided(reviewed, tmp_path / "mine.csv")
    answer = headstart(
        "plan", mixed, "--backbone", "small", "--case", "1", "--fix", fix, "-o", tmp_path / "p.toml"
    )
    assert f"--fix {fix}" in answer.out


@pytest.mark.parametrize("verb", ["train", "plan", "compare", "review"])
def test_a_table_that_is_not_there_is_told_before_pictures_are_read(
    headstart, mixed: Path, verb: str
) -> None:
    answer = headstart(verb, mixed, "--backbone", "small", "--fix", "nowhere.csv")
    assert answer.code == 2
    assert answer.err.startswith("headstart: nowhere.csv: cannot be read")


def test_one_class_is_refused(headstart, shapes: Path, tmp_path: Path) -> None:
    shutil.copytree(shapes / "circle", tmp_path / "one" / "circle")
    answer = headstart("review", tmp_path / "one", "-o", tmp_path / "out", "--backbone", "small")
    assert answer.code == 2
    assert "one class" in answer.err


def test_a_second_review_of_a_folder_names_only_what_review_has(
    headstart, mixed: Path, reviewed: Path
) -> None:
    answer = headstart("review", mixed, "-o", reviewed, "--backbone", "small", "--quiet")
    assert answer.code == 2
    assert answer.err.strip().endswith(
        f"{reviewed}: already in use; add --force to replace it, or name another folder with -o"
    )


def test_the_console_names_the_pictures(headstart, mixed: Path, tmp_path: Path) -> None:
    answer = headstart("review", mixed, "-o", tmp_path / "out", "--backbone", "small", "--quiet")
    assert "This picture is dark: " in answer.out
    assert "black.png.\n" in answer.out
