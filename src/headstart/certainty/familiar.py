"""Familiar: how like the training pictures a picture is, and the line below which it is none of their classes.

The similarity to the third nearest training picture at the head's input (Sun et al. 2022, with k by measurement).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.certainty import kept
from headstart.certainty.temperature import FEWEST
from headstart.heads.neighbours import Neighbours

K = 3
INSIDE = 0.95  # of new pictures of the same kind
ROOM = (900_000, 320_000)  # numbers of neighbours that what cannot hold all of them has room for: a page
_PLACES = 6  # digits that the line is kept with


@dataclass(frozen=True)
class Familiar:
    """line: the similarity below which a picture is out of place; inside: the share of the training's own kind of
    pictures that lies above it; groups: of the pictures by which it was drawn.

    fewer: where all neighbours are more than there is ROOM for: (M, the line by those of Neighbours.few(M)) each.
    """

    line: float
    groups: int
    inside: float = INSIDE
    fewer: tuple[tuple[int, float], ...] = ()

    @staticmethod
    def of(neighbours: Neighbours, x: np.ndarray, groups: np.ndarray, own: np.ndarray) -> Familiar | None:
        """Drawn by training pictures x float32 [N, D] of groups int64 [N], each held beside those of other groups.

        own: int64 [M], the groups of the neighbours. None where these are too few to tell.
        """
        line = _line(neighbours, x, groups, own)
        if line is None:
            return None
        lines = {}
        for few in (room // x.shape[1] for room in ROOM):
            places = neighbours.few(few)
            if len(places) < len(neighbours):
                lines[few] = _line(neighbours.at(places), x, groups, own[places])
        fewer = tuple((few, found) for few, found in lines.items() if found is not None)
        return Familiar(line, len(np.unique(groups)), fewer=fewer)

    def out_of_place(self, similarity: np.ndarray) -> np.ndarray:
        """bool [N], for similarity() of N pictures."""
        return similarity < self.line

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `headstart.json` has them."""
        return vars(self) | {"fewer": [list(one) for one in self.fewer]}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Familiar:
        """Raises KeyError, TypeError or ValueError for what to_dict() cannot have written."""
        inside = kept.number(values, "inside", 0, 1)
        if inside in (0, 1):
            raise ValueError(f"inside: {inside:g}; expected a share between 0 and 1")
        fewer = tuple(_few(one) for one in values.get("fewer", ()))  # older bundles have none
        return Familiar(kept.number(values, "line", -1, 1), kept.groups(values), inside, fewer)


def _few(found: Any) -> tuple[int, float]:
    """Raises TypeError, ValueError for what to_dict() cannot have written."""
    count, line = found
    if type(count) is not int or count <= K:
        raise ValueError(f"fewer: {count!r}; expected a whole number above {K}")
    return count, kept.number({"fewer": line}, "fewer", -1, 1)


def _line(neighbours: Neighbours, x: np.ndarray, groups: np.ndarray, own: np.ndarray) -> float | None:
    """See Familiar.of()."""
    count = len(np.unique(groups))
    place = math.floor((count + 1) * (1 - INSIDE) + 1e-9)
    if count < FEWEST or place == 0 or len(np.unique(own)) <= K:
        return None
    found = np.sort(similarity(neighbours, x, barred=groups[:, None] == own))
    rank = -(-place * len(found) // count)  # pictures for groups, in whole numbers
    line = float(np.clip(found[rank - 1], -1, 1))  # neighbours in half precision may be longer than 1
    return round(line, _PLACES)


def similarity(neighbours: Neighbours, x: np.ndarray, *, barred: np.ndarray | None = None) -> np.ndarray:
    """float32 [N], −1 to 1: of pictures x float32 [N, D] at the head's input to their K-th nearest neighbour; barred as
    in Neighbours.nearest()."""
    return neighbours.nearest(x, K, barred=barred)[0][:, -1]
