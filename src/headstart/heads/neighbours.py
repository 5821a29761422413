"""Neighbours: training pictures at the head's input, so that a new picture can be held beside those that it is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MOST, BYTES = 2_000, 4_500_000  # pictures, and what their features may take in a bundle
_ROWS = 1024  # pictures that are asked about at a time
_NUMBERS = 1 << 20  # of double precision at a time
_TINY = 1e-12


@dataclass(frozen=True)
class Neighbours:
    """M training pictures, by what the head sees of them.

    x        float16 [M, D], rows of length 1: features at the head's input, each cut with the same share
    labels   int64 [M]
    names    M strings: where each lies in its data set, or what it is called
    digests  M short hashes of what is on them
    widths   the columns of each cut, D in all

    Features are not standardised. That would blow up what hardly moves on the training pictures: measured on strangers
    of twelve kinds it told fewer of them apart (benchmarks/certainty).
    """

    x: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    digests: tuple[str, ...]
    widths: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @staticmethod
    def of(
        x: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        digests: Sequence[str],
        widths: Sequence[int],
    ) -> Neighbours:
        """From features float32 [M, D] at the head's input."""
        kept = unit(x, widths).astype(np.float16)
        return Neighbours(kept, labels, tuple(names), tuple(digests), tuple(widths))

    def few(self, n: int) -> np.ndarray:
        """int64 [≤ n]: places of some, classes as even as can be; what is on them decides which."""
        return draw(self.labels, np.arange(len(self)), self.digests, n)

    def at(self, places: np.ndarray) -> Neighbours:
        """Those at `places` alone."""
        names, digests = ([of[place] for place in places] for of in (self.names, self.digests))
        return Neighbours(self.x[places], self.labels[places], tuple(names), tuple(digests), self.widths)

    def nearest(
        self, x: np.ndarray, k: int, *, barred: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(similarity float32 [N, k], place int64 [N, k]), the most similar first, for x float32 [N, D] at the head's
        input.

        Similarity is the cosine, −1 to 1; of cuts side by side, the mean of theirs. k: at most M are given.
        barred: bool [N, M], neighbours that do not count for a picture; where too few are left it is −inf.
        """
        k = min(k, len(self))
        similarity, place = np.empty((len(x), k), np.float32), np.empty((len(x), k), np.int64)
        for start in range(0, len(x), _ROWS):
            rows = slice(start, start + _ROWS)
            mine = unit(x[rows], self.widths)
            found = mine @ self._columns
            if barred is not None:
                found[barred[rows]] = -np.inf
            best = np.argpartition(-found, k - 1, axis=1)[:, :k]
            near = self._summed_anew(mine, best, np.take_along_axis(found, best, axis=1))
            order = np.lexsort((best, -near), axis=1)
            similarity[rows] = np.minimum(
                np.take_along_axis(near, order, axis=1), 1
            )  # rows of half precision
            place[rows] = np.take_along_axis(best, order, axis=1)
        return similarity, place

    def _summed_anew(self, mine: np.ndarray, place: np.ndarray, found: np.ndarray) -> np.ndarray:
        """float32 [N, k]: similarities `found` of unit rows `mine` float32 [N, D] to the neighbours at `place`, summed
        in double precision; what is barred, −inf, stays so. In single precision the last digit depends on how many
        pictures are asked about at once."""
        near = np.empty(found.shape, np.float64)
        few = max(1, _NUMBERS // (place.shape[1] * mine.shape[1]))
        for start in range(0, len(mine), few):
            rows = slice(start, start + few)
            wide = self.x[place[rows]].astype(np.float64)
            near[rows] = (wide @ mine[rows, :, None].astype(np.float64))[..., 0]
        return np.where(np.isneginf(found), found, near.astype(np.float32))

    @cached_property
    def _columns(self) -> np.ndarray:
        """float32 [D, M]"""
        return self.x.T.astype(np.float32)


def most(width: int) -> int:
    """How many pictures of `width` features are kept: MOST, or as many as BYTES hold."""
    return min(MOST, BYTES // (2 * width))


def draw(labels: np.ndarray, groups: np.ndarray, digests: Sequence[str], n: int) -> np.ndarray:
    """Sorted places, int64, of at most `n` pictures: classes as even as can be, of a class as many groups as can be.

    labels, groups int64 [N]. The pictures' content decides which: neither their order nor a seed.
    """
    by_content = np.argsort(np.array(digests), kind="stable")
    labels, groups = labels[by_content], groups[by_content]
    in_group = _turn(labels, groups)
    order = np.lexsort((in_group, labels))
    in_class = np.empty(len(labels), np.int64)
    in_class[order] = _turn(labels[order])
    return np.sort(by_content[np.argsort(in_class, kind="stable")[:n]])


def _turn(*keys: np.ndarray) -> np.ndarray:
    """int64 [N]: how many before it have the same keys."""
    order = np.lexsort(keys[::-1])
    pairs = np.stack(keys)[:, order]
    first = np.r_[True, (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)]
    starts = np.flatnonzero(first)
    turn = np.empty(len(order), np.int64)
    turn[order] = np.arange(len(order)) - starts[np.cumsum(first) - 1]
    return turn


def unit(x: np.ndarray, widths: Sequence[int]) -> np.ndarray:
    """float32 [N, D]: each cut of a picture at the same length, and the whole at length 1."""
    cuts = np.split(x.astype(np.float32, copy=False), np.cumsum(widths)[:-1], axis=1)
    lengths = (np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), _TINY) for cut in cuts)
    share = np.float32(len(widths) ** -0.5)
    return np.concatenate([cut * (share / length) for cut, length in zip(cuts, lengths, strict=True)], axis=1)
