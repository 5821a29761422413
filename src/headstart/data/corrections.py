"""Corrections of labels, as a person writes them into the table of `headstart review`: no file of theirs is touched.

A row is known again by the digest of its picture and by the label that it had then: the same picture in two classes has
two rows. Rows without an action are undecided, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from headstart import files
from headstart.counts import pictures
from headstart.data import delimited
from headstart.data.dataset import BadPicture
from headstart.data.listing import Row, one_spelling, some
from headstart.errors import DataError
from headstart.strangers import plain, uncell

KEEP, RELABEL, LEAVE_OUT = "keep", "relabel", "leave out"
ACTIONS = (KEEP, RELABEL, LEAVE_OUT)
COLUMNS = ("path", "digest", "label", "suggested", "action")


@dataclass(frozen=True)
class Correction:
    """One decided row.

    place   "review.csv, row 7", as a spreadsheet counts; path: what the picture was called
    label   its class then, and `suggested` the one that it is to have: names as written() has them
    action  one of ACTIONS
    """

    place: str
    path: str
    digest: str
    label: str
    suggested: str
    action: str

    @property
    def key(self) -> tuple[str, str]:
        return self.digest, self.label

    @property
    def wanted(self) -> str:
        """The class that the picture ends in; "" where it is left out."""
        return {KEEP: self.label, RELABEL: self.suggested}.get(self.action, "")


@dataclass(frozen=True)
class Corrections:
    """source: the table; rows: those that are decided, one for each picture and label."""

    source: str
    rows: tuple[Correction, ...]


@dataclass(frozen=True)
class Corrected:
    """What corrections did to a data set.

    source             the table; rows: those of it that were heeded
    kept, relabelled   pictures that stay as they are, and that have another class now
    left_out           files
    done               rows that had been done by hand already: these pictures lie in the wanted class
    lost               rows whose picture is not there, or not in the class that it was in
    """

    source: str
    rows: tuple[Correction, ...] = ()
    kept: int = 0
    relabelled: int = 0
    left_out: tuple[BadPicture, ...] = ()
    done: int = 0
    lost: int = 0

    def told(self) -> Iterator[str]:
        """What was done, in one line; and in a second one what could not be."""
        done = f", {self.done:,} done already" if self.done else ""
        yield (
            f"corrections of {self.source}: {pictures(self.relabelled)} relabelled, {len(self.left_out):,} left out, "
            f"{self.kept:,} kept as they are{done}; no file was touched"
        )
        if self.lost:
            yield (
                f"corrections of {self.source}: {self.lost:,} rows are of pictures that are not here, or in another "
                "class than when they were reviewed; nothing is done about these"
            )


def read(table: str | Path) -> Corrections:
    """The decided rows of a table with the columns of COLUMNS. Raises DataError that names the row at fault."""
    lines = delimited.read(str(table), lambda cells: len(set(cells) & set(COLUMNS)))
    head = lines[0] if lines else []
    lacking = [name for name in COLUMNS if name not in head]
    if lacking:
        raise DataError(
            f"{table}: no column {some(lacking)}; expected the table of `headstart review`, its first row as it was"
        )
    found: dict[tuple[str, str], Correction] = {}
    for number, cells in enumerate(lines[1:], start=2):
        values = dict(zip(head, map(uncell, cells), strict=False))
        one = _correction(f"{Path(table).name}, row {number}", values)
        if one is None:
            continue
        other = found.setdefault(one.key, one)
        if (other.action, other.wanted) != (one.action, one.wanted):
            raise DataError(
                f"{table}: rows {other.place.rpartition(' ')[2]} and {number} are of one picture, {one.path}, and say "
                f"{_said(other)} and {_said(one)}; make them agree"
            )
    return Corrections(str(table), tuple(found.values()))


def _correction(place: str, values: Mapping[str, str]) -> Correction | None:
    """The row, or None where it is undecided. Raises DataError."""
    action = " ".join(values.get("action", "").replace("_", " ").replace("-", " ").split()).lower()
    if not action:
        return None
    path, digest, label, suggested = (one_spelling(values.get(name, "")) for name in COLUMNS[:4])
    if action not in ACTIONS:
        raise DataError(
            f"{place}: action {values['action']!r} is unknown; expected {', '.join(ACTIONS)}, or nothing"
        )
    if not digest or not label:
        raise DataError(
            f"{place}: lacks its digest or label; expected the row as `headstart review` wrote it"
        )
    if action == RELABEL and not suggested:
        raise DataError(f"{place}: relabel, but to which class? Write it into the column `suggested`")
    action = KEEP if action == RELABEL and suggested == label else action
    return Correction(place, path, digest.lower(), label, suggested, action)


def _said(row: Correction) -> str:
    return f"'{row.action} {row.suggested}'" if row.action == RELABEL else f"'{row.action}'"


def apply(
    corrections: Corrections, rows: Sequence[Row], digests: Sequence[str], classes: Sequence[str]
) -> tuple[list[Row | None], Corrected]:
    """(the rows as they are to be, None where one is left out; what was done). digests: of the rows, in hex.

    Raises DataError where a picture is to have a class that is none of `classes`.
    """
    names = {written(name): name for name in classes}
    by_key = {row.key: row for row in corrections.rows}
    there: dict[str, set[str]] = {}
    for row, digest in zip(rows, digests, strict=True):
        there.setdefault(digest, set()).add(written(row.label))
    found: list[Row | None] = []
    counts, out, used = {KEEP: 0, RELABEL: 0}, [], set()
    for row, digest in zip(rows, digests, strict=True):
        one = by_key.get((digest, written(row.label)))
        if one is None:
            found.append(row)
            continue
        used.add(one.key)
        if one.action == LEAVE_OUT:
            out.append(BadPicture(row.path, f"left out in {one.place}"))
            found.append(None)
        else:
            counts[one.action] += 1
            found.append(row._replace(label=_class_of(one, names)))
    unused = [row for row in corrections.rows if row.key not in used]
    done = sum(row.wanted in there.get(row.digest, ()) for row in unused)
    heeded = tuple(row for row in corrections.rows if row.key in used)
    return found, Corrected(
        corrections.source, heeded, counts[KEEP], counts[RELABEL], tuple(out), done, len(unused) - done
    )


def _class_of(row: Correction, names: Mapping[str, str]) -> str:
    """The class that the picture is to have. Raises DataError."""
    wanted = names.get(row.wanted)
    if wanted is None:
        near = get_close_matches(row.wanted, names, n=1)
        hint = f"did you mean {names[near[0]]!r}?" if near else f"expected one of {some(names.values())}"
        raise DataError(f"{row.place}: there is no class {row.wanted!r} to relabel to; {hint}")
    return wanted


def written(name: str) -> str:
    """A class's name as it is read from a table."""
    return plain(one_spelling(name)).strip()


def write(path: Path, corrected: Corrected) -> None:
    """Writes the heeded rows as a table that `--fix` takes again, atomically. Raises OutputError."""
    files.write_text(path, text(corrected))


def text(corrected: Corrected) -> str:
    """The heeded rows as CSV."""
    rows = sorted(corrected.rows, key=lambda row: row.key)
    return files.csv_text(COLUMNS, ((r.path, r.digest, r.label, r.suggested, r.action) for r in rows))
