"""Classes by their names, those that are to be left out too; and text and tables in files that flags name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from headstart.data import delimited
from headstart.data.listing import meant, one_spelling
from headstart.errors import DataError, OptionError
from headstart.job.options import Options


def classes_left_out(options: Options) -> list[str]:
    """The classes of `without`: each is a name, or a file with one a line and remarks behind #. Raises DataError."""
    return [name for one in options.without for name in (_listed(one) if Path(one).is_file() else [one])]


def _listed(path: str) -> list[str]:
    lines = read_text("--without", path, "class names, one a line").splitlines()
    names = [re.split(r"(?:^|\s)#", line)[0].strip() for line in lines]
    if not any(names):
        raise DataError(f"--without {path}: names no class; expected one a line")
    return [name for name in names if name]


def read_text(flag: str, path: str, expected: str) -> str:
    """What stands in the file that a flag names. Raises DataError."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise DataError(f"{flag} {path}: cannot be read ({reason}); expected {expected}") from error


def class_of(name: str, classes: Sequence[str], flag: str) -> str:
    """The class of that name. Raises OptionError."""
    spelt = one_spelling(name)
    if spelt in classes:
        return spelt
    raise OptionError(f"{flag}: no class {name!r}; {meant(spelt, classes)}")


def table_rows(table: str, columns: Sequence[str], flag: str) -> list[tuple[int, dict[str, str]]]:
    """(row number, {column: text}) of a table that has these columns, and perhaps others. Raises DataError."""
    if not Path(table).is_file():
        raise DataError(
            f"{flag} {table}: no such file; expected a table with the columns {','.join(columns)}"
        )
    lines = delimited.read(table, lambda cells: len({cell.lower() for cell in cells} & set(columns)))
    head = [cell.lower() for cell in lines[0]] if lines else []
    if lacking := [name for name in columns if name not in head]:
        raise DataError(
            f"{table}: no column {' and no column '.join(lacking)}; expected {','.join(columns)}, "
            f"found {','.join(head)}"
        )
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if cells and len(cells) != len(head):
            raise DataError(f"{table}: row {number} has {len(cells)} cells; expected {len(head)}")
        if cells:
            rows.append((number, dict(zip(head, cells, strict=True))))
    if not rows:
        raise DataError(f"{table}: has no rows below its head; expected some")
    return rows
