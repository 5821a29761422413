"""Tables that name pictures, path,label[,split,group]: CSV, TSV, parquet and imagefolder's metadata.csv."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headstart.data.listing import SPLIT_NAMES, Listing, Row
from headstart.errors import DataError

SUFFIXES = frozenset({".csv", ".tsv", ".parquet"})
METADATA = "metadata.csv"

_PATH = ("path", "file_name")


def listing(table: str, split: str = "") -> Listing:
    """The rows of `table`; paths are relative to its folder. `split` holds where there is no such column.

    Columns: `path` (or `file_name`) and `label`; `split` and `group` where they are there; others are passed
    over. An empty group means a group of its own. Raises DataError, with the row's number where there is one.
    """
    columns, records = _read_parquet(table) if table.lower().endswith(".parquet") else _read_csv(table)
    path = next((name for name in _PATH if name in columns), None)
    missing = [name for name, there in (("path", path), ("label", "label" in columns)) if not there]
    if path is None or missing:
        raise DataError(
            f"{table}: no column {' and no column '.join(missing)}; expected path,label[,split,group], "
            f"found {','.join(columns)}; rename the columns"
        )
    rows = [_row(table, number, record, path, split) for number, record in records]
    return Listing(rows=_with_folder_splits(rows) if "split" not in columns and not split else rows)


def _row(table: str, number: int, record: dict[str, str], path: str, split: str) -> Row:
    for name in (path, "label"):
        if not record[name]:
            raise DataError(f"{table}: row {number} has no {name}; expected one in every row; fill it in")
    given = record.get("split")
    if given is not None:
        if given.lower() not in SPLIT_NAMES:
            raise DataError(
                f"{table}: row {number} has split {given!r}; expected train, val or test; mend it"
            )
        split = SPLIT_NAMES[given.lower()]
    full = os.path.join(os.path.dirname(table), record[path])
    return Row(full, record[path], record["label"], split, record.get("group", ""))


def _with_folder_splits(rows: list[Row]) -> list[Row]:
    """Where every path begins with a split's name (`train/0001.png`, as in imagefolder), that is it."""
    tops = [Path(row.name).parts[0].lower() for row in rows]
    if len(set(tops)) < 2 or not SPLIT_NAMES.keys() >= set(tops):
        return rows
    return [row._replace(split=SPLIT_NAMES[top]) for row, top in zip(rows, tops, strict=True)]


def _read_csv(table: str) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    try:
        with open(table, encoding="utf-8-sig", newline="") as handle:
            lines = list(csv.reader(handle, delimiter="\t" if table.lower().endswith(".tsv") else ","))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: not a UTF-8 text table ({error}); save it as UTF-8 CSV") from error
    except OSError as error:
        raise DataError(f"{table}: cannot be read ({error.strerror}); mend its permissions") from error
    columns = [name.strip().lower() for name in lines[0]] if lines else []
    return columns, _records(table, columns, lines[1:])


def _records(table: str, columns: list[str], lines: list[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    for number, cells in enumerate(lines, start=2):
        if not cells:
            continue
        if len(cells) != len(columns):
            raise DataError(
                f"{table}: row {number} has {len(cells)} cells; expected {len(columns)} as in the first row; "
                f"quote cells that hold a comma"
            )
        yield number, dict(zip(columns, (cell.strip() for cell in cells), strict=True))


def _read_parquet(table: str) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise DataError(
            f"{table}: parquet needs pyarrow; pip install 'headstart[parquet]', or use CSV"
        ) from error
    wanted = {*_PATH, "label", "split", "group"}
    try:
        names = parquet.read_schema(table).names
        records = parquet.read_table(
            table, columns=[n for n in names if n.strip().lower() in wanted]
        ).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{table}: not a readable parquet file; write it again, or use CSV") from error
    texts = ({name.strip().lower(): _text(value) for name, value in record.items()} for record in records)
    return [name.strip().lower() for name in names], enumerate(texts, start=1)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
