"""An explanation in sentences, for people without statistics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from headstart.counts import percent

if TYPE_CHECKING:
    from headstart.explaining.explained import Explained
    from headstart.explaining.nearest import Near

DISTRUST = "do not trust this map"
_HALF = 0.5
_ROWS, _COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")


def sentences(found: Explained) -> tuple[str, ...]:
    """What was answered, where what speaks for it lies, whether the map may be believed, what the picture is like."""
    strange = (
        "none of these: it is unlike the training pictures, whatever is said below"
        if found.out_of_place
        else ""
    )
    said = (strange, answer(found), where(found), trust(found), alike(found.nearest))
    return tuple(s for s in said if s)


def answer(found: Explained) -> str:
    """ "bees (97 %), before ants (3 %)" """
    order = "before" if found.confidence >= found.other else "behind"
    return (
        f"{found.label} ({percent(found.confidence, 0)}), {order} {found.against} ({percent(found.other, 0)})"
    )


def where(found: Explained) -> str:
    """On how much of the picture lies half of what stands out for the class, and where that is strongest."""
    away = found.map - found.map.mean()
    gains = np.sort(away[away > 0])[::-1]
    if not len(gains):
        return f"no place of the picture stands out for {found.label}"
    cells = int(np.searchsorted(np.cumsum(gains), _HALF * gains.sum())) + 1
    what = f"half of what stands out for {found.label} lies on {percent(cells / found.map.size, 0)} of the picture"
    return f"{what}, most of all at the {place(found.map)}"


def place(grid: np.ndarray) -> str:
    """Where a map is strongest, such as "top left" or "centre"."""
    row, column = np.unravel_index(int(grid.argmax()), grid.shape)
    down, across = _ROWS[int(3 * row) // len(grid)], _COLUMNS[int(3 * column) // len(grid)]
    return across if down == "middle" and across == "centre" else f"{down} {across}"


def trust(found: Explained) -> str:
    """What taking the map's places away has shown."""
    own, middle = (percent(share) for share in (found.deletion.map, found.deletion.centre))
    if found.trusted:
        return (
            f"{found.label} falls to {own} on average with its strongest places made grey, "
            f"and only to {middle} with the middle"
        )
    return (
        f"{DISTRUST}: making its strongest places grey should hurt {found.label} more than making the middle grey, "
        f"but leaves it {own} on average, against {middle}"
    )


def alike(near: tuple[Near, ...]) -> str:
    """What the training pictures that lie nearest are."""
    if not near:
        return ""
    told = ", ".join(
        f"{count} × {label}" for label, count in Counter(one.label for one in near).most_common()
    )
    return f"most like these training pictures: {told}"
