"""Corrections of labels, as a person writes them into the table of `headstart review`: no file of theirs is touched.

A row is known again by the digest of its picture and by the label that it had then: the same picture in two classes has
two rows. What is kept or relabelled is so with all equal files of the class; left out is the one that the row names.
Rows without an action are undecided, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from headstart import files
from headstart.counts import pictures
from headstart.data import delimited
from headstart.data.dataset import BadPicture
from headstart.data.listing import Row, meant, one_spelling, some
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
    """source: the table; rows: those that are decided, one for each picture and label, and for each file left out."""

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
    found: dict[tuple[str, str], list[Correction]] = {}
    for number, cells in enumerate(lines[1:], start=2):
        values = dict(zip(head, map(uncell, cells), strict=False))
        one = _correction(f"{Path(table).name}, row {number}", values)
        if one is None:
            continue
        same = [other for other in found.setdefault(one.key, []) if _of_one(one, other)]
        for other in same:
            if (other.action, other.wanted) != (one.action, one.wanted):
                raise DataError(
                    f"{table}: rows {other.place.rpartition(' ')[2]} and {number} are of one picture, {one.path}, and "
                    f"say {_said(other)} and {_said(one)}; make them agree"
                )
        if not same:
            found[one.key].append(one)
    return Corrections(str(table), tuple(row for rows in found.values() for row in rows))


def _of_one(one: Correction, other: Correction) -> bool:
    """Whether two rows of one picture and label must agree: only a file that is left out may differ from its copies."""
    return one.path == other.path or LEAVE_OUT not in (one.action, other.action)


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
    there: dict[tuple[str, str], list[int]] = {}
    for place, (row, digest) in enumerate(zip(rows, digests, strict=True)):
        there.setdefault((digest, written(row.label)), []).append(place)
    used = [one for one in corrections.rows if one.key in there]
    found: list[Row | None] = [*rows]
    out, counts = dict[int, BadPicture](), {KEEP: 0, RELABEL: 0}
    for one in used:
        for place in _named(one, there[one.key], rows) if one.action == LEAVE_OUT else ():
            out[place], found[place] = BadPicture(rows[place].path, f"left out in {one.place}"), None
    for one in used:
        for place in there[one.key] if one.action != LEAVE_OUT else ():
            if place not in out:
                counts[one.action] += 1
                found[place] = rows[place]._replace(label=_class_of(one, names))
    unused = [one for one in corrections.rows if one.key not in there]
    done = sum((one.digest, one.wanted) in there for one in unused)
    left_out = tuple(out[place] for place in sorted(out))
    return found, Corrected(
        corrections.source, tuple(used), counts[KEEP], counts[RELABEL], left_out, done, len(unused) - done
    )


def _named(one: Correction, places: Sequence[int], rows: Sequence[Row]) -> list[int]:
    """Of equal files the one that the row names: whose path ends most like it; all where several do."""
    alike = [_common_end(one.path, one_spelling(plain(rows[place].path))) for place in places]
    return [place for place, found in zip(places, alike, strict=True) if found == max(alike)]


def _common_end(one: str, other: str) -> int:
    """How many folders and names two paths have in common, from the last one on."""
    ends = zip(reversed(Path(one).parts), reversed(Path(other).parts), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))


def _class_of(row: Correction, names: Mapping[str, str]) -> str:
    """The class that the picture is to have. Raises DataError."""
    wanted = names.get(row.wanted)
    if wanted is None:
        said = meant(row.wanted, list(names.values()))
        raise DataError(f"{row.place}: there is no class {row.wanted!r} to relabel to; {said}")
    return wanted


def written(name: str) -> str:
    """A class's name as it is read from a table."""
    return plain(one_spelling(name)).strip()


def write(path: Path, corrected: Corrected) -> None:
    """Writes the heeded rows as a table that `--fix` takes again, atomically. Raises OutputError."""
    files.write_text(path, text(corrected))


def text(corrected: Corrected) -> str:
    """The heeded rows as CSV."""
    rows = sorted(corrected.rows, key=lambda row: (row.key, row.path))
    return files.csv_text(COLUMNS, ((r.path, r.digest, r.label, r.suggested, r.action) for r in rows))
