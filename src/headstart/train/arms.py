"""Arms: the ways that were tried, held against the frozen probe on the selection pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.intervals import paired, shrunk, wilson
from headstart.plan.plan import Plan


@dataclass(frozen=True)
class Arm:
    """One way that was tried. accuracy on the n selection pictures (cross-validated for a probe that is the
    whole plan; None where nothing was left to measure on), its interval, whether it was kept, and why."""

    name: str
    accuracy: float | None
    interval: tuple[float, float] | None
    n: int
    chosen: bool
    note: str = ""


@dataclass(frozen=True)
class Attempt:
    """A trained network and what it got right on the selection pictures (bool [V])."""

    plan: Plan
    network: Any
    correct: np.ndarray
    history: tuple[dict[str, Any], ...]


def succeeds(attempt: Attempt, probe: np.ndarray, groups: np.ndarray) -> bool:
    """Whether the attempt is better than the probe (bool [V]), as far as can be told.

    Where its plan says what to expect of training, the measured gain weighs against that by its paired standard error;
    else it must be more than that error.
    """
    gain, error = paired(attempt.correct, probe, groups)
    return shrunk(gain, error, *attempt.plan.gain) > 0 if attempt.plan.gain else gain > error


def best(plan: Plan, attempts: dict[str, Attempt], probe: np.ndarray, groups: np.ndarray) -> str:
    """The name of what is kept: the best attempt that the plan allows, or the probe where none succeeds.

    A plan without a fall-back keeps what it asked for.
    """
    name = max(attempts, key=lambda key: attempts[key].correct.mean())
    if plan.fallback == "none" or succeeds(attempts[name], probe, groups):
        return name
    return "probe"


def table(
    attempts: dict[str, Attempt], probe: np.ndarray, groups: np.ndarray, winner: str
) -> tuple[Arm, ...]:
    """The probe and every attempt as arms."""
    arms = [_arm("probe", probe, winner, "frozen")]
    for name, attempt in attempts.items():
        gain, error = paired(attempt.correct, probe, groups)
        arms.append(
            _arm(name, attempt.correct, winner, f"{100 * gain:+.1f} ± {100 * error:.1f} points on the probe")
        )
    return tuple(arms)


def _arm(name: str, correct: np.ndarray, winner: str, note: str) -> Arm:
    hits = int(correct.sum())
    return Arm(name, hits / len(correct), wilson(hits, len(correct)), len(correct), name == winner, note)


def sentence(arm: Arm) -> str:
    """An arm in words."""
    kept = "kept" if arm.chosen else "not kept"
    accuracy = "not measured" if arm.accuracy is None else f"{100 * arm.accuracy:.1f} %"
    return f"{arm.name}: {accuracy} on {arm.n} selection pictures, {arm.note}; {kept}"
