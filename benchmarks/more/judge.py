"""How well "with twice as many pictures" is foretold: draws.csv against the rule. Prints Markdown.

    python benchmarks/more/judge.py

Three things are foretold of 2n and 4n pictures from the learning curve of n: what they cross-validate at, what their
probe does on untouched test pictures, and this from where the probe of n stands on the same test pictures ("gain", what
a run's first lines say). The constants of headstart/evidence/curve.py are fitted here anew, leaving out one set at a
time, and the set is judged by the constants of the others. What was measured on few test pictures is off by chance:
that error is added to an interval before it is asked whether it held.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headstart.evidence.curve import AHEAD, BEND, GENTLE, LEVEL, SLOPE, Z90
from headstart.heads.probe import FEW_PER_CLASS

RESULTS = Path(__file__).parent / "draws.csv"
BANDS = ((50, 100), (200, 500), (1_000, 2_000), (5_000, 5_000))
FEWEST = 300  # test pictures, below which a set is judged by cross-validation alone
# What is fitted: how much of the exponent stays, times the level's error, and by what share the exponent is off.
GRID = (
    (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0),
    (1.0, 1.15, 1.3, 1.45),
    (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6),
)
Constants = tuple[float, float, float]


@dataclass(frozen=True)
class Promise:
    """error: where the curve stands; behind: its exponent; ahead: logarithm of how many times as many pictures.

    level, slope: standard errors of log(error) and of the exponent; came: the error that came, by_chance: its own error
    """

    domain: str
    network: str
    n: int
    times: int
    kind: str
    error: float
    behind: float
    ahead: float
    level: float
    slope: float
    came: float
    by_chance: float

    def told(self, constants: Constants) -> tuple[float, float, float]:
        """(error foretold, its 90 % interval)"""
        stays, times, bend = constants
        middle = self.error * math.exp(-stays * self.behind * self.ahead)
        spread = math.hypot(
            times * self.level, SLOPE * self.slope * self.ahead, bend * max(self.behind, GENTLE) * self.ahead
        )
        spread = math.hypot(spread, self.by_chance / self.came)
        return middle, middle * math.exp(-Z90 * spread), min(1.0, middle * math.exp(Z90 * spread))

    @property
    def scale(self) -> float:
        """By which promises are made comparable: the error that no rule can avoid, and a little."""
        return math.hypot(self.level, self.by_chance / self.came, 0.1)


def promises() -> list[Promise]:
    with RESULTS.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] != "seen"]
    return [one for row in rows for one in _of(row)]


def _of(row: dict[str, str]) -> Iterable[Promise]:
    counts, accuracies, errors = (
        [float(value) for value in row[name].split()] for name in ("counts", "accuracies", "errors")
    )
    if len(counts) < 2 or float(row["typical"]) < FEW_PER_CLASS:
        return
    n, tested = int(row["n"]), int(row["tested"])
    least = 0.5 / counts[-1]
    first, last = (max(1 - accuracy, least) for accuracy in (accuracies[0], accuracies[-1]))
    steps = math.log(counts[-1] / counts[0])
    level = max(errors[-1], math.sqrt(least * (1 - least) / counts[-1])) / last
    behind = max(0.0, math.log(first / last) / steps)
    for times in (2, 4):
        if not row[f"test{times}"]:
            continue
        came = max(1 - float(row[f"cv{times}"]), 1e-3)
        known = (row["set"], row["network"], n, times)
        yield Promise(*known, "cv", last, behind, math.log(times), level, level / steps, came, 0.0)
        if tested < FEWEST:
            continue
        came = max(1 - float(row[f"test{times}"]), 1e-3)
        chance = math.sqrt(max(came * (1 - came), 0.5 / tested) / tested)
        ahead = math.log(times * n / counts[-1])
        yield Promise(*known, "test", last, behind, ahead, level, level / steps, came, chance)
        start = max(1 - float(row["test1"]), 0.5 / tested)
        yield Promise(*known, "gain", start, behind, math.log(times), 0.0, level / steps, came, chance)


def fit(promised: Sequence[Promise]) -> Constants:
    """The constants: first how much of the exponent stays, by the mean error of the promises, a set counting as a set;
    then the narrowest intervals, by their score (Gneiting & Raftery 2007), of those that hold 91 % of what came, and of
    the mean set 90 %."""
    weight = _even(promised)
    scale = np.array([one.scale for one in promised])
    came = np.log([one.came for one in promised])

    def off(stays: float) -> np.ndarray:
        return np.abs(np.log([one.told((stays, 1.0, 0.0))[0] for one in promised]) - came)

    stays = min(GRID[0], key=lambda value: float((weight * off(value) / scale).sum()))
    away, best = off(stays), (math.inf, GRID[1][-1], GRID[2][-1])
    for level, bend in itertools.product(*GRID[1:]):
        told = [one.told((stays, level, bend)) for one in promised]
        half = np.array([math.log(middle / low) for middle, low, _ in told])
        score = float((weight * (2 * half + 20 * np.maximum(0, away - half)) / scale).sum())
        held = away <= half
        if held.mean() >= 0.91 and (weight * held).sum() >= 0.9 * weight.sum():
            best = min(best, (score, level, bend))
    return stays, best[1], best[2]


def _even(promised: Sequence[Promise]) -> np.ndarray:
    names = [one.domain for one in promised]
    return np.array([1 / names.count(name) for name in names])


def main() -> int:
    promised = promises()
    used = {name: fit([one for one in promised if one.domain != name]) for name in _domains(promised)}
    print("| left out | of the exponent stays | times the level's error | bend |\n|-|-|-|-|")
    for name, constants in {**used, "none": fit(promised), "shipped": (AHEAD, LEVEL, BEND)}.items():
        print(f"| {name} | {' | '.join(f'{value:g}' for value in constants)} |")
    head = "held in 90 % interval | median error, points | of a law that knew, points | mean width, points |"
    for kind in ("cv", "test", "gain"):
        print(f"\n{kind}: left-one-set-out\n\n| n | times | promises | {head}\n|-|-|-|-|-|-|-|")
        for (low, high), times in itertools.product((*BANDS, (50, 5_000)), (2, 4)):
            some = [
                one for one in promised if one.kind == kind and low <= one.n <= high and one.times == times
            ]
            if some:
                print(f"| {low:,} to {high:,} | {times} | {_row(some, used)}")
    print(f"\nby set\n\n| set | network | promises | {head}\n|-|-|-|-|-|-|-|")
    for name, network in sorted({(one.domain, one.network) for one in promised}):
        some = [one for one in promised if (one.domain, one.network) == (name, network)]
        print(f"| {name} | {network} | {_row(some, used)}")
    return 0


def _domains(promised: Sequence[Promise]) -> list[str]:
    """gtsrb by frames and by tracks is one."""
    return sorted({one.domain for one in promised})


def _row(some: Sequence[Promise], used: dict[str, Constants]) -> str:
    told = np.array([one.told(used[one.domain]) for one in some])
    came = np.array([one.came for one in some])
    held = ((told[:, 1] <= came) & (came <= told[:, 2])).mean()
    off = 100 * np.median(np.abs(told[:, 0] - came))
    # A law without any fault would still start from n pictures, and be judged by a few.
    chance = [math.hypot(one.level * one.came, one.by_chance) for one in some]
    unavoidable = 100 * np.median(0.6745 * np.array(chance))
    width = 100 * (told[:, 2] - told[:, 1]).mean()
    return f"{len(some)} | {held:.3f} | {off:.1f} | {unavoidable:.1f} | {width:.1f} |"


if __name__ == "__main__":
    raise SystemExit(main())
