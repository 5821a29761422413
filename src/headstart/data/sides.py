"""How many pictures a source names, and how large they are, from the headers of some: nothing is decoded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from headstart.data import labelled, layouts
from headstart.data.decode import size_of
from headstart.data.given import Given, given
from headstart.errors import PictureError

LOOKED = 101  # pictures, evenly spread over the source


@dataclass(frozen=True)
class Sizes:
    """count: pictures that are named; side: their median shorter side in pixels, None where no size can be read."""

    count: int
    side: float | None


def sizes(source: str | Path | tuple[Any, ...], without: Collection[str] = ()) -> Sizes:
    """How many pictures `source` names, and how large they are.

    source: as for load(); without: classes that are left out. Of pictures in memory lists and arrays are looked at, and
    not what may be gone through but once: of these nothing is known. Raises DataError.
    """
    pictures = _pictures(source, without)
    looked = [pictures[place] for place in _spread(len(pictures), LOOKED)]
    sides = [side for picture in looked if (side := _side(picture)) is not None]
    return Sizes(len(pictures), median(sides) if sides else None)


def _pictures(source: str | Path | tuple[Any, ...], without: Collection[str]) -> Sequence[str | Given]:
    if not isinstance(source, tuple):
        return [row.picture for row in layouts.listing(str(source)).rows if row.label not in without]
    labelled.check(source)
    return given(source[0]) if isinstance(source[0], Sequence | np.ndarray) else []


def _spread(count: int, most: int) -> list[int]:
    """At most `most` places of `count`, evenly spread."""
    return [place * count // min(count, most) for place in range(min(count, most))]


def _side(picture: str | Given) -> int | None:
    try:
        return min(size_of(picture))
    except PictureError:
        return None  # load() will say what is wrong with it
