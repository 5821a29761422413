"""Tables as text: the separator is seen in the first line, and the first row is the head where it names columns."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence

from headstart.errors import DataError

Cells = list[list[str]]

_SEPARATORS = (",", ";", "\t")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(table: str, known: Callable[[Sequence[str]], int]) -> list[list[str]]:
    """The cells of each line, stripped; a line without any text is an empty list. Raises DataError.

    known: how many of a first line's cells are names of columns. The separator is the one by which these are most;
    where there is no head, the comma (in a .tsv the tab), or what makes cells where that makes none.
    """
    text = _text(table)
    usual = "\t" if table.lower().endswith(".tsv") else ","

    def worth(separator: str) -> tuple[int, bool, int]:
        cells = next(_cells(table, text, separator), [])
        return known(cells), separator == usual and len(cells) > 1, len(cells)

    lines = _cells(table, text, max(_SEPARATORS, key=worth))
    return [cells if any(cells) else [] for cells in lines]


def _cells(table: str, text: str, separator: str) -> Iterator[list[str]]:
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            yield [cell.strip() for cell in line]
    except csv.Error as error:
        raise DataError(f"{table}: not a table ({error}); save it as UTF-8 CSV") from error


def _text(table: str) -> str:
    try:
        with open(table, "rb") as handle:
            data = handle.read()
    except OSError as error:
        what = "mend its path" if isinstance(error, FileNotFoundError) else "mend its permissions"
        raise DataError(f"{table}: cannot be read ({error.strerror}); {what}") from error
    if data.startswith(_UTF16):
        raise DataError(f"{table}: UTF-16 text; expected UTF-8; save it as 'CSV UTF-8'")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{table}: not UTF-8 in line {line} (perhaps Latin-1, as older programs save); save it as 'CSV UTF-8'"
        ) from error
