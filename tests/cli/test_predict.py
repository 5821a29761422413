"""headstart predict: pictures as they are named, from wherever they come."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import tree


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tree(tmp_path / "new", each=2, seed=7)


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def paths(answer, key: str = "predictions") -> list[str]:
    return [row["path"] for row in json.loads(answer.out)[key]]


def test_order_and_repeats_are_kept(headstart, trained: Path, new: Path) -> None:
    a, b = str(new / "cross" / "01.png"), str(new / "circle" / "00.png")
    named = [a, b, a, str(new / "circle"), b]
    folder = [str(new / "circle" / name) for name in ("00.png", "01.png")]
    asked = [a, b, a, *folder, b]
    answer = headstart("predict", trained / "bundle", *named, "--json")
    assert (answer.code, paths(answer)) == (0, asked)
    text = headstart("predict", trained / "bundle", *named).out.splitlines()
    assert [line.split("   ")[0] for line in text] == asked
    table = csv.DictReader(
        headstart("predict", trained / "bundle", *named, "--csv", "--top", 1).out.splitlines()
    )
    assert [row["path"] for row in table] == asked
    by_path = {row["path"]: row["top"] for row in json.loads(answer.out)["predictions"]}
    alone = headstart("predict", trained / "bundle", b, "--json")
    assert json.loads(alone.out)["predictions"][0]["top"] == by_path[b]


def test_sorted_where_asked(headstart, trained: Path, new: Path) -> None:
    answer = headstart("predict", trained / "bundle", new / "cross", new / "circle", new, "--sort", "--json")
    assert paths(answer) == sorted(str(path) for path in new.rglob("*.png"))


def test_what_cannot_be_used_does_not_refuse_the_rest(headstart, trained: Path, new: Path) -> None:
    torn, none, good = new / "torn.png", new / "none.png", new / "circle" / "00.png"
    torn.write_bytes(good.read_bytes()[:200])
    answer = headstart("predict", trained / "bundle", none, good, torn, good, torn, "--json", "--top", 1)
    assert answer.code == 3
    assert paths(answer) == [str(good)] * 2
    assert all(len(row["top"]) == 1 for row in json.loads(answer.out)["predictions"])
    assert paths(answer, "left_out") == [str(none), str(torn), str(torn)]
    assert f"left out {none}: no such file" in answer.err
    assert f"left out {torn}: " in answer.err
    quiet = headstart("predict", trained / "bundle", none, good, "--quiet")
    assert (quiet.code, quiet.err) == (3, "")
    assert quiet.out.endswith("named 1 picture; left out 1\n")


def test_nothing_to_use_is_an_error(headstart, trained: Path, tmp_path: Path) -> None:
    answer = headstart("predict", trained / "bundle", tmp_path / "a.png", tmp_path / "b.png")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "a.png: no such file" in answer.err


def test_a_name_that_begins_with_a_dash(headstart, trained: Path, new: Path, monkeypatch) -> None:
    monkeypatch.chdir(new / "circle")
    shutil.copy("00.png", "-x.png")
    answer = headstart("predict", trained / "bundle", "--csv", "--top", 1, "--", "-x.png", "./-x.png")
    rows = list(csv.DictReader(answer.out.splitlines()))
    assert [row["path"] for row in rows] == ["'-x.png", "./-x.png"]
    assert float(rows[0]["confidence"]) == float(rows[1]["confidence"])


def test_a_picture_on_stdin(headstart, trained: Path, new: Path, monkeypatch) -> None:
    good = new / "circle" / "00.png"
    given(monkeypatch, good.read_bytes())
    answer = headstart("predict", trained / "bundle", new / "cross" / "00.png", "-", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert paths(answer) == [str(new / "cross" / "00.png"), "-"]
    plain = headstart("predict", trained / "bundle", good, "--json")
    assert json.loads(answer.out)["predictions"][1]["top"] == json.loads(plain.out)["predictions"][0]["top"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\0"])
def test_names_on_stdin(headstart, trained: Path, new: Path, monkeypatch, end: str) -> None:
    named = [str(new / name) for name in ("cross/01.png", "circle/00.png", "cross/01.png")]
    given(monkeypatch, end.join([*named, ""]).encode())
    answer = headstart("predict", trained / "bundle", "-", "--json")
    assert (answer.code, paths(answer)) == (0, named)


STDIN = [
    (b"", ["-"], "-: nothing came in on stdin"),
    (b"\n\n", ["-"], "-: nothing came in on stdin"),
    (b"\x7fELF\x01\x02\x00\x00", ["-"], "-: neither a picture nor names"),
    (b"a.png\n", ["-", "-"], "-: stands for stdin, which can be read once"),
    (b"none.png\n", ["-"], "none.png: no such file"),
]


@pytest.mark.parametrize(
    ("data", "arguments", "said"), STDIN, ids=[repr(data) + "".join(a) for data, a, _ in STDIN]
)
def test_what_is_wrong_with_stdin_is_one_line(
    headstart, trained: Path, monkeypatch, data: bytes, arguments: list[str], said: str
) -> None:
    given(monkeypatch, data)
    answer = headstart("predict", trained / "bundle", *arguments)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert said in answer.err


def test_a_torn_picture_on_stdin_is_called_by_its_sign(
    headstart, trained: Path, new: Path, monkeypatch
) -> None:
    given(monkeypatch, (new / "circle" / "00.png").read_bytes()[:200])
    answer = headstart("predict", trained / "bundle", "-", new / "cross", "--json")
    assert (answer.code, paths(answer, "left_out")) == (3, ["-"])
    assert answer.err.startswith("left out -: ")
