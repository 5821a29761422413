"""headstart report: the page of a run is made again from its folder, without the pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from headstart.errors import OptionError
from headstart.job.older import _rows
from headstart.job.report import report
from headstart.planning import toml
from headstart.seals import opened, sealed
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose pictures are gone."""
    import headstart as hs

    place = tmp_path_factory.mktemp("report")
    data = tree(place / "shapes", names=("circle", "cross", "square"), each=10)
    (data / "circle" / "bad.png").write_bytes(b"no picture")
    hs.train(str(data), output=str(place / "run"), case=1, max_bad=1)
    shutil.rmtree(data)
    return place / "run"


def test_the_page_is_the_one_that_train_wrote(run: Path, tmp_path: Path) -> None:
    found = report(run, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (run / "report.html").read_bytes()
    assert found.lacking == ()


def test_the_run_s_own_page_is_written_anew(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / "report.html").unlink()
    assert report(tmp_path / "run").path == tmp_path / "run" / "report.html"
    html = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert f"headstart predict {tmp_path / 'run' / 'bundle'}" in html  # where it lies now


def test_an_older_run_is_told_as_far_as_its_files_go(run: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(run, old)
    (old / "report.json").unlink()
    found = report(old)
    html = (old / "report.html").read_text(encoding="utf-8")
    assert found.lacking
    assert f"It lacks: {found.lacking[0]}".replace("'", "&#39;") in html
    new = (run / "report.html").read_text(encoding="utf-8")
    for mark in ('<p class="big">', '<p class="story">', "<h2>The pictures are"):
        assert line(html, mark) == line(new, mark)
    assert "bad.png" in html
    for name in ("result", "case", "plan", "evidence", "confusion", "classes", "arms", "quarantine"):
        assert f'<section id="{name}">' in html


def line(html: str, mark: str) -> str:
    return html[html.index(mark) :].partition("</")[0]


def test_an_older_run_without_tables_and_plan_is_told_too(run: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(run, old)
    for name in ("report.json", "predictions.csv", "plan.toml", "env.json", "quarantine.csv"):
        (old / name).unlink()
    report(old)
    assert "cross" in (old / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("spoil", ["cut", "edited", "newer"])
def test_damaged_contents_are_refused_in_one_line(run: Path, tmp_path: Path, spoil: str) -> None:
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "report.json"
    text = path.read_text(encoding="utf-8")
    if spoil == "cut":
        path.write_text(text[: len(text) // 2], encoding="utf-8")
    elif spoil == "edited":
        path.write_text(text.replace('"title": "run"', '"title": "other"'), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != text
    else:
        path.write_text(json.dumps(sealed({**opened(text), "format": 99})), encoding="utf-8")
    with pytest.raises(OptionError, match="newer" if spoil == "newer" else "damaged"):
        report(tmp_path / "run")


def _set(told: dict[str, Any], *keys: Any, value: Any) -> dict[str, Any]:
    """With another value at told[key][key]…"""
    place = told
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return told


LOOK = ("parts", "explained", "hits", 0)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("created",), 5),
        (("title",), 5),
        (("notes",), [5]),
        (("format",), 0),
        (("evaluations", 0, "confusion", 0, 0), 10**30),
        (("parts", "embedding", "labels", 0), 999),
        (("parts", "certainty", "after", "bins", 0, "sure"), "much"),
        ((*LOOK, "window"), ["a", "b", "c", "d"]),
        ((*LOOK, "near"), []),
        ((*LOOK, "why", "nearest"), []),
    ],
)
def test_sealed_values_of_another_kind_are_refused_in_one_line(
    run: Path, tmp_path: Path, keys: tuple[Any, ...], value: Any
) -> None:
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "report.json"
    told = opened(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(sealed(_set(told, *keys, value=value))), encoding="utf-8")
    with pytest.raises(OptionError, match=r"report\.json: damaged \([^\n]+\)"):
        report(tmp_path / "run")


def test_no_picture_is_opened_that_the_contents_do_not_hold(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "report.json"
    told = opened(path.read_text(encoding="utf-8"))
    here = tmp_path / "mine.png"
    Image.new("RGB", (8, 8)).save(here)
    told["hits"][0]["picture"] = str(here)
    path.write_text(json.dumps(sealed(told)), encoding="utf-8")
    html = report(tmp_path / "run").page.html
    assert "is not kept in this run" in html


def test_a_quote_that_is_no_mark_of_a_table_stays(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a,b,c\n'=x,'tis,''y\n", encoding="utf-8")
    assert _rows(table) == [{"a": "=x", "b": "'tis", "c": "'y"}]


def test_a_run_that_did_not_end_and_a_folder_of_something_else(run: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="holds no run"):
        report(tmp_path)
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 1}\n', encoding="utf-8")
    with pytest.raises(OptionError, match="no run that ended"):
        report(tmp_path)


def test_no_path_of_this_machine_is_kept(run: Path) -> None:
    told = opened((run / "report.json").read_text(encoding="utf-8"))
    assert told["backbone"].get("weights") is None
    assert toml.loads(told["plan"]).case == 1


def test_every_part_can_be_kept_and_read() -> None:
    from headstart.report.kept import KINDS, kind_of
    from headstart.report.outline import PARTS

    assert set(KINDS) >= set(PARTS) - {"explained"}
    assert all(hasattr(kind_of(name), "from_dict") for name in KINDS)


def test_equal_commands_give_equal_pages_apart_from_the_time(tmp_path: Path) -> None:
    import headstart as hs

    data = tree(tmp_path / "shapes", each=10)
    texts = []
    for turn in range(2):
        hs.train(str(data), output=str(tmp_path / "run"), case=1, force=turn > 0)
        told = opened((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
        texts.append(json.dumps({**told, "created": ""}))
    assert texts[0] == texts[1]


def test_a_map_of_the_pictures_stands_in_the_page(run: Path) -> None:
    told = opened((run / "report.json").read_text(encoding="utf-8"))["parts"]["embedding"]
    assert len(told["names"]) == 30
    assert told["before"] is None
    assert told["sprite"]["side"] == 64
    assert 0 <= min(map(min, told["places"])) <= max(map(max, told["places"])) <= 1


def test_the_verb(headstart, run: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    answer = headstart("report", run, "-o", page)
    assert (answer.code, answer.err, answer.out) == (0, "", f"report   {page}\n")
    answer = headstart("report", run, "-o", page, "--json")
    assert json.loads(answer.out) == {"report": str(page), "lacking": []}
    answer = headstart("report", tmp_path)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
