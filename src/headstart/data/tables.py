"""Tables that name pictures, path,label[,split,group]: CSV, TSV, parquet and imagefolder's metadata.csv."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from headstart import extras
from headstart.data import delimited, shards
from headstart.data.listing import Listing, Row, settled, some, split_word
from headstart.errors import DataError

SUFFIXES = frozenset({".csv", ".tsv", ".parquet"})
METADATA = "metadata.csv"

# What people call each column; where a table has several of them, the first here is read.
_NAMES = {
    "path": "path file_name filename filepath filepaths file_path image_path img_path image file img picture",
    "label": "label labels class class_name category target",
    "split": "split",
    "is_valid": "is_valid",
    "group": "group",
}
_TRUTH = {"true": "val", "1": "val", "yes": "val", "false": "train", "0": "train", "no": "train"}
# How tables hold several labels in one cell. None is sure to mean that; a bar all but is.
_BAR, _JOINTS = "|", (" ", ",", ";")

_Records = Iterable[tuple[int, dict[str, str]]]


def listing(table: str, split: str = "", *, column: str = "") -> Listing:
    """The rows of `table`; paths are relative to its folder. `split` holds where there is no such column.

    Columns: path and label, then split (or fastai's is_valid) and group where they are there, by any name of _NAMES;
    others are passed over. Without names, the first column is the path and the second the label. An empty group means
    a group of its own. column: the one that holds the names above a class in a taxonomy, as `animals/birds`. Raises
    DataError, with the row's number where there is one.
    """
    names, columns, records = _read(table, column=column)
    rows = list(_rows(table, columns, records, split))
    _check_labels(table, rows)
    if rows and not any(_is_there(row.path) for row in rows):
        raise DataError(
            f"{table}: no pictures: none of the {len(rows)} files that it names is there (the first, {rows[0].path}: "
            "no such file); expected file names as seen from the table's folder, or whole paths"
        )
    found = Listing(rows=rows, notes=_passed_over(table, names, columns))
    _settle_splits(table, found, columns, split)
    return found


def describes(table: str) -> str:
    """Why the table is none of pictures and labels, or "" where it is one. Raises DataError."""
    _, columns, records = _read(table, strict=False)
    lacking = [name for use, name in (("path", "file_name"), ("label", "label")) if use not in columns]
    if lacking:
        return f"it has no column {' and no column '.join(lacking)}"
    paths = [record[columns["path"]] for _, record in records]
    if paths and not any(path and _is_there(_full(table, _forward(table, path))) for path in paths):
        return "no file that it names is there"
    return ""


def _read(table: str, *, strict: bool = True, column: str = "") -> tuple[list[str], dict[str, str], _Records]:
    """(the columns' names, {what a column is for: its name}, (row number, {name: text}) for each row)."""
    parquet = table.lower().endswith(".parquet")
    names, records = _read_parquet(table, column) if parquet else _read_csv(table)
    columns = _columns(names)
    if column and column not in names:
        raise DataError(f"{table}: no column {column!r} for the taxonomy; it has {','.join(names)}")
    columns |= {"branch": column} if column else {}
    missing = [name for name in ("path", "label") if name not in columns]
    if missing and strict:
        raise DataError(
            f"{table}: no column {' and no column '.join(missing)}; expected path,label[,split,group], "
            f"found {','.join(names)}; rename the columns"
        )
    twice = [name for name in columns.values() if names.count(name) > 1]
    if twice:
        raise DataError(f"{table}: two columns are called {twice[0]!r}; expected one; rename the other")
    return names, columns, records


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _columns(names: Sequence[str]) -> dict[str, str]:
    """{what a column is for: its name in the table}."""
    plain = {_plain(name): name for name in reversed(names)}
    found = {use: next((plain[n] for n in known.split() if n in plain), "") for use, known in _NAMES.items()}
    return {use: name for use, name in found.items() if name}


def _passed_over(table: str, names: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """A note for each column that could have been meant beside the one that is read."""
    notes = []
    for use, name in columns.items():
        if use not in _NAMES:
            continue
        others = [n for n in names if n != name and _plain(n) in _NAMES[use].split()]
        others += [columns["is_valid"]] if use == "split" and "is_valid" in columns else []
        if others:
            notes.append(
                f"{os.path.basename(table)}: the {use} is read from {name!r}, not from {some(others)}"
            )
    return notes


def _rows(table: str, columns: Mapping[str, str], records: _Records, split: str) -> Iterator[Row]:
    for number, record in records:
        told = {use: record[name] for use, name in columns.items()}
        for use in ("path", "label"):
            if not told[use]:
                raise DataError(f"{table}: row {number} has no {use}; expected one in every row; fill it in")
        name = _forward(table, told["path"])
        of = _split(table, number, told, split)
        branch = _branch(told.get("branch", ""), told["label"])
        yield Row(_full(table, name), name, told["label"], of, told.get("group", ""), branch=branch)


def _branch(text: str, label: str) -> tuple[str, ...]:
    """("animals", "birds") of animals/birds, and of animals/birds/wren for a wren."""
    parts = tuple(part.strip() for part in text.split("/") if part.strip())
    return parts[:-1] if parts[-1:] == (label,) else parts


def _split(table: str, number: int, told: Mapping[str, str], otherwise: str) -> str:
    """ "train", "val", "test", "eval" or `otherwise`, as the row says."""
    if "split" in told:
        found, given, expected = split_word(told["split"]), told["split"], "train, val or test"
    elif "is_valid" in told:
        found, given = _TRUTH.get(told["is_valid"].lower(), ""), told["is_valid"]
        expected = "True or False in is_valid"
    else:
        return otherwise
    if not found:
        raise DataError(f"{table}: row {number} has split {given!r}; expected {expected}; mend it")
    return found


def _settle_splits(table: str, found: Listing, columns: Mapping[str, str], split: str) -> None:
    """What "eval" means, and splits from the paths where every one begins with a split's name, as in imagefolder."""
    column = columns.get("split") or columns.get("is_valid")
    given = column or split
    tops = [row.split if given else split_word(_top(table, row)) for row in found.rows]
    if not given and (len(set(tops)) < 2 or not all(tops)):
        return
    name = os.path.basename(table)
    found.origin = f"the column {column!r} of {name}" if column else "" if split else f"the paths in {name}"
    meant = settled({top: top for top in tops})
    found.rows = [row._replace(split=meant[top]) for row, top in zip(found.rows, tops, strict=True)]


def _top(table: str, row: Row) -> str:
    """The first folder of the row's path, seen from the table's own folder."""
    path, home = PurePath(row.path), PurePath(os.path.dirname(table))
    parts = path.relative_to(home).parts if path.is_relative_to(home) else PurePath(row.name).parts
    return parts[0] if len(parts) > 1 else ""


def _forward(table: str, path: str) -> str:
    """The path with strokes as this system has them: a table that Windows wrote has the other ones."""
    if "\\" not in path or os.path.exists(_full(table, path)):
        return path
    return path.replace("\\", "/")


def _full(table: str, path: str) -> str:
    return os.path.join(os.path.dirname(table), path)


def _is_there(path: str) -> bool:
    return os.path.exists(path) or shards.MARK in path


def _check_labels(table: str, rows: Sequence[Row]) -> None:
    """Raises DataError where cells hold several labels: a picture has one class here."""
    labels = {row.label for row in rows}
    joint = next((mark for mark in (_BAR, *_JOINTS) if _several(labels, mark)), None)
    if joint is not None:
        one = min((label for label in labels if joint in label), key=lambda label: (len(label), label))
        name = next(row.name for row in rows if row.label == one)
        raise DataError(
            f"{table}: {name} has several labels, {one!r}; expected one class for each picture; keep one "
            f"label in each row, or make each combination a class of its own with another sign than {joint!r}"
        )


def _several(labels: set[str], joint: str) -> bool:
    """Whether cells hold several labels with `joint` between: few words in ever new company, or "cat dog" beside "cat"
    and "dog". Names such as "golden retriever" bring words of their own."""
    made = [[word.strip() for word in label.split(joint) if word.strip()] for label in labels]
    made = [words for words in made if words]
    joined = [words for words in made if len(words) > 1]
    if not joined or joint == _BAR:
        return bool(joined)
    if any(labels.issuperset(words) for words in joined):
        return True
    words = Counter(word for words in made for word in words)
    return len({len(words) for words in made}) > 1 and 2 * len(words) <= len(labels)


def _read_csv(table: str) -> tuple[list[str], _Records]:
    lines = delimited.read(table, lambda cells: len(_columns(cells).keys() & {"path", "label"}))
    first = lines[0] if lines else []
    if len(first) == 2 and not _columns(first) and os.path.isfile(_full(table, _forward(table, first[0]))):
        return ["path", "label"], _records(table, ["path", "label"], lines, start=1)
    return first, _records(table, first, lines[1:], start=2)


def _records(table: str, names: list[str], lines: list[list[str]], start: int) -> _Records:
    for number, cells in enumerate(lines, start):
        if not cells:
            continue
        if len(cells) != len(names):
            raise DataError(
                f"{table}: row {number} has {len(cells)} cells; expected {len(names)} as in the first row; "
                f"quote cells that hold a separator"
            )
        yield number, dict(zip(names, cells, strict=True))


def _read_parquet(table: str, column: str) -> tuple[list[str], _Records]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise DataError(f"{table}: parquet needs pyarrow; {extras.command('parquet')}, or use CSV") from error
    try:
        schema = parquet.read_schema(table)
        names, columns = schema.names, _columns(schema.names)
        wanted = {*columns.values(), column}
        kind = schema.field(columns["path"]).type if "path" in columns else pyarrow.string()
        if pyarrow.types.is_nested(kind) or pyarrow.types.is_binary(kind):
            raise DataError(
                f"{table}: the column {columns['path']!r} holds pictures ({kind}); expected paths; "
                "write the pictures to files"
            )
        records = parquet.read_table(table, columns=[name for name in names if name in wanted]).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{table}: not a readable parquet file; write it again, or use CSV") from error
    texts = ({name: _text(value) for name, value in record.items()} for record in records)
    return names, enumerate(texts, start=1)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
