"""Pictures that are alike, one by one and in a few words: what is counted in a note is listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from headstart import files
from headstart.data.dataset import Alike
from headstart.data.listing import Row
from headstart.data.twins import root

COPY, TWIN, TORN = "copy", "near twin", "copy in another class"
LATER_COPY, LATER_TWIN = "copy in a later split", "near twin in a later split"
_TOLD = 2  # pairs that a note names; the run's table has all


def pairs(
    rows: Sequence[Row], pixels: Sequence[bytes], near: np.ndarray, same: np.ndarray
) -> Iterator[Alike]:
    """Every copy beside the first of its kind, classes that share one, and the near twins that make groups.

    pixels: N hashes of decoded pixels; near: int64 [P, 2], the nearest first; same: int64 [N], equal for what is alike
    """
    first: dict[bytes, int] = {}
    named: dict[bytes, dict[str, int]] = {}
    for place, shown in enumerate(pixels):
        original = first.setdefault(shown, place)
        if place != original:
            yield _pair(COPY, rows, place, original)
        classes = named.setdefault(shown, {})
        if classes and rows[place].label not in classes:
            yield _pair(TORN, rows, place, original)
        classes.setdefault(rows[place].label, place)
    parent = [first[shown] for shown in pixels]
    for a, b in near.tolist():
        one, two = root(parent, a), root(parent, b)
        if same[a] == same[b] and one != two:
            parent[max(one, two)] = min(one, two)
            yield _pair(TWIN, rows, a, b)


def later(rows: Sequence[Row], copies: Mapping[int, int], twins: Mapping[int, int]) -> Iterator[Alike]:
    """What stands in a later split once more: place → place there, as quality.leaks() gives them."""
    for kind, found in ((LATER_COPY, copies), (LATER_TWIN, twins)):
        yield from (_pair(kind, rows, place, other) for place, other in found.items())


def _pair(kind: str, rows: Sequence[Row], place: int, other: int) -> Alike:
    return Alike(kind, rows[place].path, rows[place].label, rows[other].path, rows[other].label)


def told(source: str, found: Sequence[Alike], *, stay: bool) -> Iterator[str]:
    """A sentence for each kind, with its count and the first pairs; stay: near twins in a later split are kept."""
    stays = ("pictures with a near twin in a later split", ", too many to be copies: they stay")
    words = {
        COPY: ("exact copies of another picture, kept in its group", ""),
        TWIN: ("near twins of another picture, kept in its group", ""),
        TORN: ("pictures that stand in more than one class", ""),
        LATER_COPY: ("left out because a copy stands in a later split", ""),
        LATER_TWIN: stays if stay else ("left out because a near twin stands in a later split", ""),
    }
    for kind, (what, more) in words.items():
        of_kind = [pair for pair in found if pair.kind == kind]
        if of_kind:
            count = len({pair.other for pair in of_kind} if kind == TORN else of_kind)
            yield f"{what}: {count:,}{more} ({_some(source, of_kind)})"


def _some(source: str, found: Sequence[Alike]) -> str:
    shown = [f"{below(source, pair.path)} and {below(source, pair.other)}" for pair in found[:_TOLD]]
    return "; ".join(shown if len(found) <= _TOLD else [*shown, "…"])


def below(source: str, path: str) -> str:
    """`path` as seen from the folder `source`, where it lies in it."""
    home = Path(source)
    return str(Path(path).relative_to(home)) if home.is_dir() and Path(path).is_relative_to(home) else path


def write_alike(path: Path, found: Sequence[Alike]) -> None:
    """Writes CSV `kind,path,label,other,other_label`, atomically. Raises OutputError."""
    files.write_csv(path, [field.name for field in fields(Alike)], [astuple(pair) for pair in found])
