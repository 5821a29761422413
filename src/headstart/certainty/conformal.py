"""Conformal sets: as many classes as it takes to hold the right one as often as is wanted (Vovk et al. 2005).

A class's score says how odd it would be for a picture. The scores that held-out pictures have at their own class tell
how odd the right class may look; all classes up to that score make the set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.certainty import kept
from headstart.certainty.temperature import FEWEST

_KEPT = 1_000  # quantiles of the scores that are kept


@dataclass(frozen=True)
class Sets:
    """scores: float64 [Q] rising, those of held-out pictures at their own class; groups: of these pictures."""

    scores: np.ndarray
    groups: int

    @staticmethod
    def of(probabilities: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> Sets | None:
        """From held-out pictures [M, C], labels and groups int64 [M]; None where they are too few to tell."""
        count = len(np.unique(groups))
        if count < FEWEST:
            return None
        own = np.sort(scores(probabilities)[np.arange(len(labels)), labels].astype(np.float64))
        most = min(len(own), _KEPT)
        own = np.clip(own, 0, 1)  # a float32 probability may be 1 and a last digit
        return Sets(own[_ranks(np.arange(1, most + 1), most, len(own)) - 1], count)

    def threshold(self, coverage: float) -> float:
        """The score up to which classes belong to a set that holds the right one so often, 0 to 1.

        Groups stand for pictures in the correction for their number, since those of one group go wrong together. 1, all
        classes, where the held-out pictures are too few to promise so much.
        """
        place = math.ceil((self.groups + 1) * coverage - 1e-9)
        if place > self.groups:
            return math.inf
        return float(self.scores[_ranks(place, self.groups, len(self.scores)) - 1])

    def classes(self, probabilities: np.ndarray, coverage: float) -> np.ndarray:
        """bool [N, C]: the set of each picture, its likeliest class always in it. Raises ValueError for a coverage that
        is no share between 0 and 1."""
        if not 0 < coverage < 1:
            raise ValueError(f"coverage: {coverage}; expected a share between 0 and 1, such as 0.9")
        found = scores(probabilities) <= self.threshold(coverage)
        found[np.arange(len(found)), probabilities.argmax(axis=1)] = True
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `headstart.json` has them."""
        return {"groups": self.groups, "scores": [round(score, 6) for score in self.scores.tolist()]}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Sets:
        """Raises KeyError, TypeError or ValueError for what to_dict() cannot have written."""
        found = np.asarray(values["scores"])
        if found.ndim != 1 or not len(found) or found.dtype.kind not in "if":
            raise ValueError("scores: expected a list of numbers")
        if not (found.min() >= 0 and found.max() <= 1 and (np.diff(found) >= 0).all()):
            raise ValueError("scores: expected numbers from 0 to 1 that rise")
        return Sets(found.astype(np.float64), kept.groups(values))


def _ranks(place: Any, of: int, count: int) -> Any:
    """The least ranks, 1 to `count`, whose share of `count` is that of `place`, 1 to `of`, in whole numbers."""
    return -(-place * count // of)


def scores(probabilities: np.ndarray) -> np.ndarray:
    """[N, C]: 1 less the probability (Sadinle et al. 2019), which makes the smallest sets on average.

    Adaptive scores (Romano et al. 2020; Angelopoulos et al. 2021) made larger ones on four sets, and with two classes
    held both nearly always; a temperature of their own made none smaller (benchmarks/certainty).
    """
    return 1 - probabilities
