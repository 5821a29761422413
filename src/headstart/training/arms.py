"""Arms: every way that was tried, held against the frozen probe on the selection pictures.

Training costs minutes and may harm, so it has to earn its place: it is kept only where it is better than the probe, as
far as these pictures and what the plan expects can tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from headstart.evidence.curve import gained
from headstart.intervals import beyond, paired, score, shrunk
from headstart.planning.plan import Plan, Row
from headstart.training import words
from headstart.training.course import Course


@dataclass(frozen=True)
class Lead:
    """How far a training is ahead of the probe on the same n selection pictures, in accuracy.

    gain, error  measured, and its paired standard error; infinite where all pictures are one group
    refit_gain   what the probe is expected to gain by being solved anew with the selection pictures too
    expected     (mean, standard deviation) of what the plan expected of training; None where it expected nothing
    n            pictures
    """

    gain: float
    error: float
    refit_gain: float
    expected: tuple[float, float] | None
    n: int

    @property
    def net(self) -> float:
        """What is left of the measured gain once the probe is solved anew."""
        return self.gain - self.refit_gain

    @property
    def combined(self) -> float | None:
        """What was measured and what was expected, each by its certainty; None where nothing was expected."""
        if self.expected is None:
            return None
        least = 1 / self.n  # pictures that all agree leave an error of one of them
        return shrunk(self.net, max(self.error, least), *self.expected)

    @property
    def apart(self) -> bool:
        """Whether the two can be told apart: the difference is more than one standard error."""
        return beyond(abs(self.net), self.error)

    @property
    def reason(self) -> str:
        """Why training does not succeed, "" where it does: "one group" (nothing is told), "no more right" (than the
        probe has), "within the error", or "not ahead"."""
        if math.isinf(self.error):
            return "one group"
        if self.gain <= 0:  # whatever was expected
            return "no more right" if self.expected else "not ahead"
        if self.combined is not None:
            return "" if self.combined > 0 else "not ahead"
        if beyond(self.net, self.error):
            return ""
        return "within the error" if self.net > 0 else "not ahead"

    @property
    def succeeds(self) -> bool:
        """Whether training is better than the probe, as far as can be told."""
        return not self.reason


@dataclass(frozen=True)
class CrossValidation:
    """What a probe that is the whole plan was measured by.

    solver    "logistic regression" or "minibatch training"
    pictures  for training, in all; the arm's n of them were held out in turn, fewer where they are many
    """

    solver: str
    pictures: int


@dataclass(frozen=True)
class Arm:
    """One way that was tried.

    name                           "probe", "fine-tune" or "scratch"
    accuracy, interval, n, groups  on the selection pictures, as in intervals.Score; cross-validated for a probe that is
                                   the whole plan, None where it has too few pictures for that
    chosen                         whether it was kept
    lead                           a training's, over the probe
    measured_by                    of a probe that is the whole plan
    train_accuracy                 on pictures that it learnt from; None where that was not measured
    course                         how a training went
    """

    name: str
    accuracy: float | None
    interval: tuple[float, float] | None
    n: int
    groups: int
    chosen: bool
    lead: Lead | None = None
    measured_by: CrossValidation | None = None
    train_accuracy: float | None = None
    course: Course | None = None

    @property
    def note(self) -> str:
        """What its numbers mean, in words."""
        return words.note(self)

    def to_dict(self) -> dict[str, Any]:
        """Without what the note says."""
        values = {
            key: value for key, value in asdict(self).items() if key not in ("lead", "measured_by", "course")
        }
        apart = None if self.lead is None else self.lead.apart
        return {**values, "apart": apart, "course": self.course and self.course.to_dict(), "note": self.note}


@dataclass(frozen=True)
class Attempt:
    """A training: what it did, and what it got right on the selection pictures (bool [V])."""

    plan: Plan
    correct: np.ndarray
    course: Course | None = field(default=None, kw_only=True)


A = TypeVar("A", bound=Attempt)


@dataclass(frozen=True)
class FrozenProbe:
    """The frozen probe that training has to beat, solved on the pictures that training learns from.

    correct  bool [V], right or wrong on the selection pictures
    groups   int64 [V], theirs
    more     where the probe is returned it is solved anew, on the selection pictures too: how many times as many
             pictures these are, 1 or more
    train_accuracy  on the pictures that it was solved on
    """

    correct: np.ndarray
    groups: np.ndarray
    more: float
    train_accuracy: float | None = None

    def refit_gain(self, plan: Plan) -> float:
        """What it is expected to gain by being solved anew, in accuracy, by the plan's learning curve."""
        return gained(1 - float(self.correct.mean()), plan.learning_exponent, self.more)

    def lead_of(self, attempt: Attempt) -> Lead:
        """How far the attempt is ahead of it."""
        gain, error = paired(attempt.correct, self.correct, self.groups)
        expected = (attempt.plan.gain[0], attempt.plan.gain[1]) if attempt.plan.gain else None
        return Lead(gain, error, self.refit_gain(attempt.plan), expected, len(self.correct))


def ways(plan: Plan) -> dict[str, Plan]:
    """The trainings of `plan` by name, in the order in which they are tried."""
    if plan.from_scratch:
        return {"scratch": plan}
    rows = tuple(Row(row.stage, "random", row.lr_scale or 1.0) for row in plan.rows)
    if plan.fallback not in ("scratch", "both"):
        return {"fine-tune": plan}
    return {"fine-tune": plan, "scratch": replace(plan, case=4, rows=rows, gain=(), summary=plan.summary[:2])}


def try_ways(plan: Plan, attempt: Callable[[str, Plan], A], probe: FrozenProbe) -> tuple[str, dict[str, A]]:
    """(the name of what is kept, what was tried): `attempt` makes one of the ways of `plan`, called by its name.

    A fall-back on random weights is tried only where nothing before it succeeds.
    """
    attempts: dict[str, A] = {}
    for name, way in ways(plan).items():
        if plan.fallback == "scratch" and any(probe.lead_of(a).succeeds for a in attempts.values()):
            break
        attempts[name] = attempt(name, way)
    return best(plan, attempts, probe), attempts


def best(plan: Plan, attempts: Mapping[str, Attempt], probe: FrozenProbe) -> str:
    """The name of what is kept: the best attempt that the plan allows, or the probe where none succeeds.

    A plan without a fall-back keeps what it asked for.
    """
    good = [key for key in attempts if plan.fallback == "none" or probe.lead_of(attempts[key]).succeeds]
    return max(good, key=lambda key: attempts[key].correct.mean(), default="probe")


def table(attempts: Mapping[str, Attempt], probe: FrozenProbe, winner: str) -> tuple[Arm, ...]:
    """The probe and every attempt as arms."""

    def arm(name: str, correct: np.ndarray, lead: Lead | None, course: Course | None) -> Arm:
        learnt = probe.train_accuracy if lead is None else course and course.train_accuracy
        measured = vars(score(correct, probe.groups))
        return Arm(name, **measured, chosen=name == winner, lead=lead, train_accuracy=learnt, course=course)

    tried = (arm(name, each.correct, probe.lead_of(each), each.course) for name, each in attempts.items())
    return (arm("probe", probe.correct, None, None), *tried)
