"""Arms: the ways that were tried, held against the frozen probe on the selection pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from headstart.evidence.curve import gained
from headstart.intervals import paired, score, shrunk
from headstart.plan.plan import Plan, Row

SHOWN = 0.0005  # below this it rounds to 0.0 points


@dataclass(frozen=True)
class Arm:
    """One way that was tried. accuracy on the n selection pictures of so many groups (cross-validated for a probe that
    is the whole plan; None where nothing was left to measure on), its interval, whether it was kept, and why."""

    name: str
    accuracy: float | None
    interval: tuple[float, float] | None
    n: int
    groups: int
    chosen: bool
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Attempt:
    """A training: what it did, and what it got right on the selection pictures (bool [V])."""

    plan: Plan
    correct: np.ndarray


A = TypeVar("A", bound=Attempt)


@dataclass(frozen=True)
class FrozenProbe:
    """The frozen probe that training has to beat.

    correct  bool [V], right or wrong on the selection pictures
    groups   int64 [V], theirs
    more     pictures that it is solved on where it stands in, the selection pictures among them, over those that it was
             solved on here, as training was: 1 or more
    """

    correct: np.ndarray
    groups: np.ndarray
    more: float

    def refit_gain(self, plan: Plan) -> float:
        """What it is expected to gain by them, in accuracy, as the plan has its learning curve."""
        return gained(1 - float(self.correct.mean()), plan.learning_exponent, self.more)

    def lead_of(self, attempt: Attempt) -> tuple[float, float]:
        """(by how much the attempt leads it on these pictures, the paired standard error), in accuracy."""
        return paired(attempt.correct, self.correct, self.groups)


def succeeds(attempt: Attempt, probe: FrozenProbe) -> bool:
    """Whether the attempt is better than the probe, as far as can be told.

    What the probe would gain by being solved anew comes off the measured gain. Where the plan says what to expect of
    training, the rest weighs against that by its paired standard error; else the rest must be more than it. Nothing is
    kept that has no more of these pictures right than the probe, whatever was expected.
    """
    gain, error = probe.lead_of(attempt)
    if math.isinf(error) or gain <= 0:  # one group of pictures tells nothing
        return False
    lead = gain - probe.refit_gain(attempt.plan)
    if not attempt.plan.gain:
        return lead > error and not math.isclose(lead, error)  # one picture's gain is its own error
    return _expected(attempt, lead, error) > 0


def _expected(attempt: Attempt, gain: float, error: float) -> float:
    """What was measured and what the plan expects together."""
    least = 1 / len(attempt.correct)  # pictures that all agree leave an error of one of them
    return shrunk(gain, max(error, least), *attempt.plan.gain)


def ways(plan: Plan) -> dict[str, Plan]:
    """The trainings of `plan` by name, in the order in which they are tried."""
    if plan.from_scratch:
        return {"scratch": plan}
    rows = tuple(Row(row.stage, "random", 1.0) for row in plan.rows)
    scratch = {"scratch": replace(plan, rows=rows, gain=())} if plan.fallback in ("scratch", "both") else {}
    return {"fine-tune": plan, **scratch}


def tried(plan: Plan, attempt: Callable[[str, Plan], A], probe: FrozenProbe) -> tuple[str, dict[str, A]]:
    """(the name of what is kept, what was tried): `attempt` makes one of the ways of `plan`, called by its name.

    A fall-back on random weights is tried only where nothing before it succeeds.
    """
    attempts: dict[str, A] = {}
    for name, way in ways(plan).items():
        if plan.fallback == "scratch" and any(succeeds(a, probe) for a in attempts.values()):
            break
        attempts[name] = attempt(name, way)
    return best(plan, attempts, probe), attempts


def best(plan: Plan, attempts: Mapping[str, Attempt], probe: FrozenProbe) -> str:
    """The name of what is kept: the best attempt that the plan allows, or the probe where none succeeds.

    A plan without a fall-back keeps what it asked for.
    """
    good = [key for key in attempts if plan.fallback == "none" or succeeds(attempts[key], probe)]
    return max(good, key=lambda key: attempts[key].correct.mean(), default="probe")


def table(attempts: Mapping[str, Attempt], probe: FrozenProbe, winner: str) -> tuple[Arm, ...]:
    """The probe and every attempt as arms."""
    arms = [_arm("probe", probe.correct, probe.groups, winner, "frozen")]
    for name, attempt in attempts.items():
        (gain, error), anew = probe.lead_of(attempt), probe.refit_gain(attempt.plan)
        note = f"{100 * gain:+.1f} ± {100 * error:.1f} points on the probe"
        if anew >= SHOWN:
            lead = 100 * (gain - anew)
            note += f", less {100 * anew:.1f} that it would gain from the selection pictures: {lead:+.1f}"
        if attempt.plan.gain:
            expected, spread = attempt.plan.gain
            both = _expected(attempt, gain - anew, error)
            note += (
                f"; {100 * expected:+.1f} ± {100 * spread:.1f} were expected, which makes {100 * both:+.1f}"
            )
        arms.append(_arm(name, attempt.correct, probe.groups, winner, note + _short_of(attempt, probe)))
    return tuple(arms)


def _short_of(attempt: Attempt, probe: FrozenProbe) -> str:
    """Why an attempt does not succeed where its numbers alone do not tell; "" where they do."""
    gain, error = probe.lead_of(attempt)
    lead = gain - probe.refit_gain(attempt.plan)
    if math.isinf(error):
        return ", but all of these pictures are one group, which tells nothing"
    if gain <= 0 and attempt.plan.gain:
        return ", but no more of these pictures are right than the probe has"
    if lead > 0 and not attempt.plan.gain and not succeeds(attempt, probe):
        return f", not more than one standard error ({100 * error:.1f})"
    return ""


def _arm(name: str, correct: np.ndarray, groups: np.ndarray, winner: str, note: str) -> Arm:
    return Arm(name, **vars(score(correct, groups)), chosen=name == winner, note=note)


def sentence(arm: Arm) -> str:
    """An arm in words."""
    kept = "kept" if arm.chosen else "not kept"
    accuracy = "not measured" if arm.accuracy is None else f"{100 * arm.accuracy:.1f} %"
    of = "" if arm.groups == arm.n else f" of {arm.groups:,} groups"
    return f"{arm.name}: {accuracy} on {arm.n:,} selection pictures{of}, {arm.note}; {kept}"
