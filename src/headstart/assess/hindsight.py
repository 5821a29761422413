"""Hindsight: what each way that was tried is worth on the report pictures, looked at after the choice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assess.evaluation import Evaluation
from headstart.intervals import beyond, paired, score


@dataclass(frozen=True)
class Hindsight:
    """One way on the report pictures. It was looked at after the choice and plays no part in it.

    name                           its arm's
    accuracy, n, groups, interval  as in intervals.Score
    lead, lead_error               by how much it is ahead of what was kept on the same pictures, and the paired
                                   standard error; both None for what was kept, the error where all are one group
    """

    name: str
    accuracy: float
    n: int
    groups: int
    interval: tuple[float, float]
    lead: float | None = None
    lead_error: float | None = None

    @property
    def apart(self) -> bool | None:
        """Whether it can be told apart from what was kept: by more than one paired standard error."""
        if self.lead is None:
            return None
        return self.lead_error is not None and beyond(abs(self.lead), self.lead_error)

    def to_dict(self) -> dict[str, Any]:
        """All but the name."""
        return {**{key: value for key, value in vars(self).items() if key != "name"}, "apart": self.apart}

    @staticmethod
    def from_dict(name: str, values: Mapping[str, Any]) -> Hindsight:
        """What to_dict() gave. Raises TypeError, LookupError where it is another."""
        told = {key: value for key, value in values.items() if key != "apart"}
        return Hindsight(name, **{**told, "interval": tuple(values["interval"])})


def hindsight(kept: str, evaluation: Evaluation, others: Mapping[str, Evaluation]) -> dict[str, Hindsight]:
    """By the name of its arm: of what was kept, and of the others on the same pictures."""
    found = {kept: Hindsight(kept, **vars(score(evaluation.correct, evaluation.groups)))}
    return found | {name: _beside(name, one.correct, evaluation) for name, one in others.items()}


def _beside(name: str, correct: np.ndarray, kept: Evaluation) -> Hindsight:
    lead, error = paired(correct, kept.correct, kept.groups)
    told = None if math.isinf(error) else error
    return Hindsight(name, **vars(score(correct, kept.groups)), lead=lead, lead_error=told)
