"""Baseline: an accuracy that costs nothing, or no knowledge of pictures, and that a model has to be held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.intervals import Z95


@dataclass(frozen=True)
class Baseline:
    """One baseline on the report pictures.

    name                                "majority class" or "random weights"
    accuracy, n, groups, interval       as in intervals.Score
    lead, lead_error                    by how much the model is ahead of it on the same pictures, and the paired
                                        standard error; None where all pictures are one group
    correct                             bool [n]: right or wrong, picture by picture
    how                                 on which pictures it was measured, where not on all; accuracy is then the
                                        model's less `lead`
    """

    name: str
    accuracy: float
    n: int
    groups: int
    interval: tuple[float, float]
    lead: float
    lead_error: float | None
    correct: np.ndarray = field(default_factory=lambda: np.empty(0, bool), compare=False, repr=False)
    how: str = ""

    @property
    def clear(self) -> bool:
        """Whether the model is surely ahead: beyond the 95 % interval of the paired difference."""
        return self.lead_error is not None and self.lead > Z95 * self.lead_error

    def to_dict(self) -> dict[str, Any]:
        """All but the name and the single pictures; `how` where there is such."""
        apart = ("name", "correct") if self.how else ("name", "correct", "how")
        return {key: value for key, value in vars(self).items() if key not in apart}

    @staticmethod
    def from_dict(name: str, values: Mapping[str, Any]) -> Baseline:
        """What to_dict() gave. Raises TypeError where it is another, LookupError where it lacks its interval."""
        low, high = values["interval"]
        return Baseline(name, **{**values, "interval": (low, high)})


def baselines_dict(baselines: Iterable[Baseline]) -> dict[str, dict[str, Any]]:
    """Name → the rest, as --json and a bundle have it."""
    return {baseline.name: baseline.to_dict() for baseline in baselines}
