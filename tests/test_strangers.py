"""Strangers' text: nothing of it steers a terminal, is run by a spreadsheet, or is taken for markup."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as some

from headstart import files
from headstart.strangers import cell, markdown, plain

NASTY = "a\x1b[31mb\x9bc\nd\u202ee\udcff"
ANY = some.text(some.characters())  # lone surrogates too


def test_what_cannot_be_printed_is_written_out() -> None:
    assert plain(NASTY) == "a\\x1b[31mb\\x9bc\\nd\\u202ee\\udcff"
    assert plain("naïve café → 2\u202f×\xa03 🙂") == "naïve café → 2\u202f×\xa03 🙂"


@given(ANY)
def test_plain_text_is_one_line_that_any_file_takes(text: str) -> None:
    line = plain(text)
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line
    line.encode("utf-8")


CELLS = [
    ("=1+1", "'=1+1"),
    ("+49 30", "'+49 30"),
    ("-x.jpg", "'-x.jpg"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("＝1", "'＝1"),
    ("'t Hof", "''t Hof"),
    ("\t=1", "\\t=1"),
    ("\r=1", "\\r=1"),
    ("-1", "-1"),
    ("+1.5e-3", "+1.5e-3"),
    (-0.5, -0.5),
    (-3, -3),
    ("photos/=1.jpg", "photos/=1.jpg"),
    ("", ""),
]


@pytest.mark.parametrize(("value", "written"), CELLS, ids=[repr(value) for value, _ in CELLS])
def test_cells_are_no_formulas_and_numbers_stay_numbers(value: object, written: object) -> None:
    assert cell(value) == written


@given(some.text(some.characters(categories=("L", "N", "P", "S"))))
def test_taking_off_one_quote_gives_back_the_text(text: str) -> None:
    assert str(cell(text)).removeprefix("'") == text


@given(some.lists(ANY, min_size=1, max_size=4))
def test_a_table_has_a_line_for_each_row(row: list[str]) -> None:
    text = files.csv_text(["n"] * len(row), [row])
    assert len(text.splitlines()) == 2
    assert next(csv.reader(text.splitlines()[1:])) == [cell(value) for value in row]


def test_markdown_is_text() -> None:
    assert markdown("a|b <b> `c` [d](e)\n# f &amp; \x1b") == (
        "a\\|b \\<b\\> \\`c\\` \\[d\\](e) \\# f \\&amp; \\\\x1b"
    )
