"""What to expect of each strategy, and what it costs on this machine: told before anything is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import CutScore
from headstart.evidence.verdict import SCRATCH
from headstart.intervals import Z95, wilson
from headstart.planning.plan import Plan
from headstart.planning.recipe import Recipe, default_recipe

# To train on one picture takes as long as this many passes of the frozen network. Measured were 3.4 to 12.5: small,
# demo-cnn and MobileNetV2 at 64 and 224 pixels on two cores: a training's cost is known within a factor of two.
STEP = 6.0


@dataclass(frozen=True)
class Prospect:
    """What one strategy is expected to come to.

    strategy         its name, as compare has it
    cut              where the head sits, "a+b" for several cuts
    accuracy         expected, with its 95 % interval [low, high]
    seconds          what it costs; None where the network was not timed
    chosen           whether it is what the plan does
    """

    strategy: str
    cut: str
    accuracy: float
    low: float
    high: float
    seconds: float | None
    chosen: bool = False


def prospects(evidence: Evidence, plan: Plan, top: str, speed: float | None) -> tuple[Prospect, ...]:
    """The probes at the top cut, at the best one and at the plan's, then every training that something is expected of.

    plan    where it trains, every training has its cut; the one that is the plan's own has its epochs too
    top     the network's top cut: up to there goes every training where the plan is a probe
    speed   pictures a second through the frozen network; None where it was not timed
    """
    best, planned = evidence.score(evidence.best_cut), "+".join(plan.cut)
    once = None if not speed else evidence.n / speed
    n = evidence.sampled
    found = [
        replace(
            _prospect("probe", row.cut, evidence.expected(row.cut), row.error, n, once),
            chosen=plan.frozen and row.cut == planned,
        )
        for row in _probes(evidence, planned if plan.frozen else best.cut)
    ]
    cut = top if plan.frozen else "+".join(plan.cut)
    for name, gain in evidence.gains.items():
        recipe = plan.recipe
        if plan.frozen or plan.from_scratch != (name == SCRATCH):
            recipe = default_recipe(evidence.n, scratch=name == SCRATCH)
        cost = None if not speed else training_seconds(evidence.n, speed, recipe)
        spread = math.hypot(best.error, gain.spread)
        own = not plan.frozen and plan.from_scratch == (name == SCRATCH)
        one = _prospect(name, cut, evidence.expected(best.cut) + gain.expected, spread, n, cost)
        found.append(replace(one, chosen=own))
    return tuple(found)


def _probes(evidence: Evidence, planned: str) -> list[CutScore]:
    """Those at the top, at the best cut and at the plan's, each once; of cuts that were not measured none."""
    wanted = dict.fromkeys((evidence.top.cut, evidence.best_cut, planned))
    return [row for cut in wanted for row in evidence.facts.scores if row.cut == cut]


def training_seconds(pictures: int, speed: float, recipe: Recipe) -> float:
    """What a training takes, within a factor of two; speed: pictures a second through the frozen network."""
    return pictures / speed * (1 + STEP * recipe.epochs)


def hours(pictures: int, speed: float, recipe: Recipe) -> float:
    """training_seconds() in hours."""
    return training_seconds(pictures, speed, recipe) / 3600


def _prospect(
    strategy: str, cut: str, accuracy: float, error: float, n: int, seconds: float | None
) -> Prospect:
    """The interval is never narrower than that of the n pictures that were measured: where all of these were right the
    error is 0, which is not to say that all others will be."""
    low, middle, high = (min(1.0, max(0.0, accuracy + side * Z95 * error)) for side in (-1, 0, 1))
    least, most = wilson(middle * n, n)
    return Prospect(strategy, cut, middle, min(low, least), max(high, most), seconds)
