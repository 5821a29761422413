"""What each strategy is expected to reach, and what it costs on this machine, before anything is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from headstart.backbone.backbone import Backbone
from headstart.evidence.evidence import Evidence
from headstart.intervals import Z95
from headstart.plan import cases

# A picture that is trained on costs so many frozen passes. Between 3.4 and 12.5 were measured, over small, demo-cnn and
# MobileNetV2 at 64 and 224 pixels on two cores: what a training takes is known within a factor of two.
STEP = 6.0
PROBE, FINE_TUNE, SCRATCH = "probe", "fine-tune", "from scratch"


@dataclass(frozen=True)
class Prospect:
    """accuracy, with its 95 % interval [low, high]; seconds: None where the network was not timed.

    strategy "probe", "fine-tune" or "from scratch"; cut: where the head sits, "a+b" for several cuts.
    """

    strategy: str
    cut: str
    accuracy: float
    low: float
    high: float
    seconds: float | None


def prospects(evidence: Evidence, backbone: Backbone) -> tuple[Prospect, ...]:
    """The probe at the top and where it is best, fine-tuning, and training from random weights."""
    best = evidence.score(evidence.best_cut)
    frozen = [evidence.top] if best == evidence.top else [evidence.top, best]
    found = [_prospect(PROBE, row.cut, row.accuracy, row.error, _seconds(evidence, 1.0)) for row in frozen]
    for name, gain in evidence.gains.items():
        epochs = cases.default_recipe(evidence.n, scratch=name == SCRATCH).epochs
        cost = _seconds(evidence, 1.0 + STEP * epochs)
        spread = math.hypot(best.error, gain.spread)
        found.append(_prospect(name, backbone.top.name, best.accuracy + gain.expected, spread, cost))
    return tuple(found)


def _prospect(strategy: str, cut: str, accuracy: float, error: float, seconds: float | None) -> Prospect:
    low, middle, high = (min(1.0, max(0.0, accuracy + side * Z95 * error)) for side in (-1, 0, 1))
    return Prospect(strategy, cut, middle, low, high, seconds)


def _seconds(evidence: Evidence, passes: float) -> float | None:
    """Of so many passes over all training pictures through the frozen network."""
    return None if not evidence.speed else passes * evidence.n / evidence.speed
