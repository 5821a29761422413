"""Reliability: whether of 100 answers that were given with 90 % about 90 are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from headstart.intervals import drawings, proportion

BINS, IN_BIN = 15, 20  # at most so many bins, of at least so many pictures
_DRAWS = 400
_DIGITS = 4


@dataclass(frozen=True)
class Bin:
    """n answers of like certainty: how sure they were on average, what share is right, and its 95 % interval."""

    sure: float
    right: float
    interval: tuple[float, float]
    n: int


@dataclass(frozen=True)
class Reliability:
    """Answers by how sure they were.

    bins      equally many answers in each, the least sure first
    error     expected calibration error (Naeini et al. 2015) over these bins: by how much certainty and share of right
              answers lie apart on average, 0 to 1
    interval  its 95 % interval, by drawing groups
    sure, right  the means over all answers: what they promise, and what they keep
    """

    bins: tuple[Bin, ...]
    error: float
    interval: tuple[float, float]
    sure: float
    right: float

    @staticmethod
    def of(sure: np.ndarray, correct: np.ndarray, groups: np.ndarray | None = None) -> Reliability:
        """Of N >= 1 answers: sure float [N], 0 to 1; correct bool [N]; groups int64 [N]."""
        order = np.argsort(sure, kind="stable")
        parts = np.array_split(order, max(1, min(BINS, len(sure) // IN_BIN)))
        bins = tuple(
            _bin(sure[part], correct[part], None if groups is None else groups[part]) for part in parts
        )
        number = np.empty(len(sure), np.int64)
        for place, part in enumerate(parts):
            number[part] = place
        gaps, sizes = _by_group(sure - correct, number, groups)
        error = float(np.abs(gaps.sum(axis=0)).sum() / len(sure))
        return Reliability(
            bins,
            round(error, _DIGITS),
            _interval(error, gaps, sizes),
            round(float(sure.mean()), _DIGITS),
            round(float(correct.mean()), _DIGITS),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Reliability:
        """to_dict() undone."""
        bins = tuple(
            Bin(one["sure"], one["right"], _pair(one["interval"]), one["n"]) for one in values["bins"]
        )
        return Reliability(bins, values["error"], _pair(values["interval"]), values["sure"], values["right"])


def _pair(bounds: list[float]) -> tuple[float, float]:
    return bounds[0], bounds[1]


def _bin(sure: np.ndarray, correct: np.ndarray, groups: np.ndarray | None) -> Bin:
    low, high = proportion(correct, groups)
    return Bin(
        round(float(sure.mean()), _DIGITS),
        round(float(correct.mean()), _DIGITS),
        (round(low, _DIGITS), round(high, _DIGITS)),
        len(sure),
    )


def _by_group(
    gap: np.ndarray, number: np.ndarray, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """(float64 [G, B]: certainty less right answers of each group in each bin; [G]: pictures of each group)"""
    code = np.arange(len(gap)) if groups is None else np.unique(groups, return_inverse=True)[1]
    count, bins = int(code.max()) + 1, int(number.max()) + 1
    flat = np.bincount(code * bins + number, weights=gap, minlength=count * bins)
    return flat.reshape(count, bins), np.bincount(code, minlength=count)


def _interval(error: float, gaps: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """The basic bootstrap's 95 % interval (Davison & Hinkley 1997): an error is a sum of distances, which every drawing
    makes larger; what it adds in the draws it has added in the pictures too, and is taken off."""
    drawn = [np.abs(part @ gaps).sum(axis=1) / (part @ sizes) for part in drawings(len(sizes), _DRAWS)]
    found = np.concatenate(drawn)
    low, high = np.quantile(found, [0.025, 0.975])
    return (
        round(float(min(error, max(0.0, 2 * error - high))), _DIGITS),
        round(float(max(error, min(1.0, 2 * error - low))), _DIGITS),
    )
