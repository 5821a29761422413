"""Similarity: whether what the network has learnt on its source serves these pictures too.

An index from 0 (different) to 1 (similar) with the line at one half. It is the least of three: each tells of another
way in which the pictures may be strange to the network, and one is enough. What all cuts side by side reach says
nothing about it. Nor does the entropy of the source's own head: on 55 situations it told nothing apart
(benchmarks/verdicts.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from headstart.evidence.facts import Facts
from headstart.intervals import Z95

HALF = 0.5
# Where each sign stands at one half.
CUT = 0.25  # share of the top cut's errors that the best single cut takes away
CONTROL = 0.125  # share of the errors of random weights that the top cut takes away
DISTANCE = 0.8  # the typical channel is 2.2 times as strong as on the source, or as weak


@dataclass(frozen=True)
class Sign:
    """value: what was measured, error: its standard error; score: what that comes to, from 0 (strange) to 1 (alike)."""

    value: float
    error: float
    score: Callable[[float], float]

    @property
    def interval(self) -> tuple[float, float]:
        """The score's 95 % interval."""
        ends = sorted(self.score(self.value + side * Z95 * self.error) for side in (-1, 1))
        return ends[0], ends[1]


@dataclass(frozen=True)
class Similarity:
    """cut, control, distance: the three signs; distance is None where the source's statistics are not known."""

    cut: Sign
    control: Sign
    distance: Sign | None

    @property
    def signs(self) -> tuple[Sign, ...]:
        return (self.cut, self.control, *([self.distance] if self.distance else []))

    @property
    def index(self) -> float:
        return min(sign.score(sign.value) for sign in self.signs)

    @property
    def interval(self) -> tuple[float, float]:
        """95 %; of the least sign at either end."""
        low, high = zip(*(sign.interval for sign in self.signs), strict=True)
        return min(low), min(high)

    @property
    def measured(self) -> str:
        return "similar" if self.index >= HALF else "different"


def similarity_of(facts: Facts) -> Similarity:
    wrong = max(1 - facts.top.accuracy, 1 / max(1, facts.sampled))
    by_chance = max(1 - facts.control, 1 / max(1, facts.sampled))
    return Similarity(
        Sign(facts.steepness, facts.top.behind_error / wrong, _falls(CUT, 2)),
        Sign(facts.lead / by_chance, facts.control_error / by_chance, _rises),
        None
        if facts.distance is None
        else Sign(facts.distance, facts.distance_error or 0.0, _falls(DISTANCE, 4)),
    )


def _falls(half: float, power: int) -> Callable[[float], float]:
    return lambda value: 1 / (1 + (max(0.0, value) / half) ** power)


def _rises(value: float) -> float:
    square = max(0.0, value) ** 2
    return square / (square + CONTROL**2)
