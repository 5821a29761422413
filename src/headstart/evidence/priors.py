"""What other pictures have taught of what all cuts together, and training, come to beside a frozen probe.

Fitted to the settings of benchmarks/regret (`fit.py` there prints these numbers; spreads are those of data sets that
were left out of the fit). They say what to expect before anything is trained; what is then measured on the pictures at
hand weighs against them by its own error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Share of the frozen probe's errors that training takes away: level + per_tenfold · log10(each / 100), at most 1.

    each: groups of pictures in the typical class; spread: standard deviation of what the line does not say.
    """

    level: float
    per_tenfold: float
    spread: float

    def share(self, each: float) -> float:
        return min(1.0, self.level + self.per_tenfold * math.log10(max(each, 1.0) / 100))


@dataclass(frozen=True)
class Priors:
    """What to expect, each with its spread.

    joint    mean and spread of the lead of all cuts side by side over the best single one, in accuracy
    tuning   of fine-tuning from the probe
    scratch  mean and spread of the share of the probe's lead over random weights that is lost by training from these
    """

    joint: tuple[float, float]
    tuning: Line
    scratch: tuple[float, float]


PRIORS = Priors(joint=(0.02, 0.025), tuning=Line(0.04, 0.06, 0.1), scratch=(0.7, 0.5))
