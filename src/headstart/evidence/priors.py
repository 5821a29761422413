"""What other pictures have taught of what all cuts together, and training, add to a frozen probe.

Fitted to the settings of benchmarks/regret (`fit.py` there prints these numbers; spreads are those of data sets that
were left out of the fit). They say what to expect before anything is trained; what is then measured on the pictures at
hand weighs against them by its own error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Accuracy gained over the best frozen probe: level + per_tenfold · log10(each / 100) + per_error · error.

    each: groups of pictures in the typical class; error: the frozen probe's share of wrong answers; spread: standard
    deviation of what the line does not say.
    """

    level: float
    per_tenfold: float
    per_error: float
    spread: float

    def gain(self, each: float, error: float) -> float:
        return self.level + self.per_tenfold * math.log10(max(each, 1.0) / 100) + self.per_error * error


@dataclass(frozen=True)
class Priors:
    """joint: mean and spread of the lead of all cuts side by side over the best single one; tuning: of fine-tuning;
    scratch: of training from random weights."""

    joint: tuple[float, float]
    tuning: Line
    scratch: Line


PRIORS = Priors(
    joint=(0.010, 0.025),
    tuning=Line(0.0, 0.03, 0.1, 0.04),
    scratch=Line(-0.1, 0.1, 0.0, 0.1),
)
