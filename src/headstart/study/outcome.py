"""What came of each contender, and how they compare: plain data and numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from headstart.errors import PlanError
from headstart.intervals import paired, score
from headstart.planning.plan import Plan
from headstart.study.contenders import CUT_FIRST, PROBE_FIRST, RANDOM_HEAD, SCRATCH
from headstart.training.arms import Attempt, FrozenProbe, try_ways

# What strategies were called in results that were kept before.
_RENAMED = {"fine-tune": RANDOM_HEAD}


def strategy(name: str) -> str:
    """A strategy by the name that it has now."""
    return _RENAMED.get(name, name)


@dataclass(frozen=True)
class Outcome:
    """One contender's result.

    cut          where the head sits, "a+b" for several cuts
    predictions  int64 [R] on the report pictures, by what it became on all it may learn from
    selection    bool [V]: right or wrong on the selection pictures, which it did not learn from
    seconds      what it cost in all, features and decoding apart
    lr           the rate that the selection pictures chose; None for a probe
    share        of the full budget that its last training had; below 1 it was given up for lack of time
    trace        accuracy on the selection pictures after every epoch of that training; () for a probe
    time_limit   seconds that it was given; None for all that it wants
    """

    name: str
    cut: str
    predictions: np.ndarray
    selection: np.ndarray
    seconds: float
    lr: float | None = None
    share: float = 1.0
    trace: tuple[float, ...] = ()
    time_limit: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "cut": self.cut,
            "predictions": self.predictions.tolist(),
            "selection": self.selection.astype(int).tolist(),
            "seconds": self.seconds,
            "lr": self.lr,
            "share": self.share,
            "trace": list(self.trace),
            "time_limit": self.time_limit,
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Outcome:
        arrays = {
            "predictions": np.array(values["predictions"], np.int64),
            "selection": np.array(values["selection"], bool),
        }
        values = {**values, "name": strategy(values["name"]), "trace": tuple(values["trace"])}
        return Outcome(**{**values, **arrays})


@dataclass(frozen=True)
class Standing:
    """Where one contender stands in a comparison.

    name, cut, lr, share, seconds   as in Outcome
    accuracy, n, groups, interval   on the report pictures, as in intervals.Score
    behind, behind_error            the best, in accuracy, and the paired standard error; None where all pictures are
                                    one group
    selection_accuracy              on the selection pictures
    chosen                          whether the plan comes to it
    """

    name: str
    cut: str
    accuracy: float
    n: int
    groups: int
    interval: tuple[float, float]
    behind: float
    behind_error: float | None
    selection_accuracy: float
    seconds: float
    lr: float | None
    share: float
    chosen: bool

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """outcomes, best first; labels, groups int64 [R] of the report pictures; choice: what the plan comes to."""

    outcomes: tuple[Outcome, ...]
    labels: np.ndarray
    groups: np.ndarray
    choice: str

    def accuracy(self, name: str) -> float:
        """Of the contender called `name`, 0 to 1."""
        return float((self._named(name).predictions == self.labels).mean())

    @property
    def regret(self) -> float:
        """How far the choice lies behind the best, on these same pictures: in expectation too much, never too little,
        since the best is picked by them."""
        return self.accuracy(self.outcomes[0].name) - self.accuracy(self.choice)

    def standings(self) -> tuple[Standing, ...]:
        """One for each contender, best first."""
        return tuple(self._standing(outcome) for outcome in self.outcomes)

    def _standing(self, outcome: Outcome) -> Standing:
        right = outcome.predictions == self.labels
        behind, error = paired(self.outcomes[0].predictions == self.labels, right, self.groups)
        return Standing(
            name=outcome.name,
            cut=outcome.cut,
            **vars(score(right, self.groups)),
            behind=behind,
            behind_error=None if math.isinf(error) else error,
            selection_accuracy=float(outcome.selection.mean()),
            seconds=outcome.seconds,
            lr=outcome.lr,
            share=outcome.share,
            chosen=outcome.name == self.choice,
        )

    def _named(self, name: str) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.name == name)


def ranked(outcomes: Sequence[Outcome], labels: np.ndarray, groups: np.ndarray, choice: str) -> Comparison:
    """The comparison, best first; of equals the cheaper first."""
    order = sorted(outcomes, key=lambda o: (-float((o.predictions == labels).mean()), o.seconds))
    return Comparison(tuple(order), labels, groups, choice)


def realised(plan: Plan, outcomes: Sequence[Outcome], groups: np.ndarray, more: float) -> str:
    """The contender that `headstart train` would have returned for `plan`, fall-backs included.

    groups int64 [V] of the selection pictures, by which trainings are held against the probe, as fit() does;
    more: as in FrozenProbe. Raises PlanError where none of the outcomes is what the plan asks for.
    """
    probe = _of(outcomes, plan.probe_cut, trained=False)
    if plan.frozen:
        return probe.name

    def attempt(_: str, way: Plan) -> Attempt:
        return Attempt(way, _training(outcomes, way).selection)

    winner, attempts = try_ways(plan, attempt, FrozenProbe(probe.selection, groups, more))
    return probe.name if winner == "probe" else _training(outcomes, attempts[winner].plan).name


def _training(outcomes: Sequence[Outcome], plan: Plan) -> Outcome:
    """What came of training as `plan` says."""
    if not plan.from_scratch:
        return _of(outcomes, plan.cut, trained=True)
    for outcome in outcomes:
        if outcome.name == SCRATCH:
            return outcome
    raise PlanError("compare: no training from scratch was run; expected it among the contenders; add it")


def _of(outcomes: Sequence[Outcome], cut: Sequence[str], *, trained: bool) -> Outcome:
    """The probe at `cut`, or the network that was trained up to there from the solved head."""
    names, place = (PROBE_FIRST, CUT_FIRST), "+".join(cut)
    for outcome in outcomes:
        if outcome.cut == place and (outcome.name in names if trained else outcome.lr is None):
            return outcome
    kind = "training" if trained else "probe"
    raise PlanError(f"compare: no {kind} at {place} was run; expected it among the contenders; add it")
