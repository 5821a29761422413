"""What to expect before anything is trained: priors, learnt from other data sets.

`python benchmarks/regret/fit.py` fits and prints them. Each is a mean with its spread over data sets that were left out
of the fit. What is measured on the pictures at hand is weighed against its prior, each by its error (intervals.shrunk).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Priors:
    """What to expect: means and spreads, as shares.

    joint    of the best single cut's errors: what all cuts side by side put right
    tuning   of the best frozen probe's errors: what fine-tuning puts right, where the top cut is the best single one
    steep    times √ Facts.steepness, is added to the mean of `tuning`: lower cuts that beat the top promise more
    decade   is added to the mean of `tuning` for every ten times as many training pictures than PIVOT (see decades)
    scratch  of the best frozen probe's lead over random weights: what training from random weights loses
    lower    no share: fine-tuning goes up to the best lower cut where that leads the top by more than this, in accuracy
    """

    joint: tuple[float, float]
    tuning: tuple[float, float]
    steep: float
    decade: float
    scratch: tuple[float, float]
    lower: float


PRIORS = Priors(
    joint=(0.017, 0.051),
    tuning=(-0.068, 0.273),
    steep=1.054,
    decade=0.098,
    scratch=(0.896, 0.425),
    lower=0.013,
)
PIVOT, KNOWN = (
    1_000,
    (40, 10_000),
)  # training pictures, and how many the settings had that priors are fitted to


def decades(n: int) -> float:
    """How many times ten times as many as PIVOT n training pictures are; no further than what was measured."""
    return math.log10(min(max(n, KNOWN[0]), KNOWN[1]) / PIVOT)
