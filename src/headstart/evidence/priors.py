"""What to expect before anything is trained: priors, learnt from other data sets.

`python benchmarks/regret/fit.py` fits and prints them. Each is a mean with its spread over data sets that were left out
of the fit. What is measured on the pictures at hand is weighed against its prior, each by its error (intervals.shrunk).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Priors:
    """What to expect: means and spreads, as shares.

    joint    of the best single cut's errors: what all cuts side by side put right
    tuning   of the best frozen probe's errors: what fine-tuning puts right, where the top cut is the best single one
    steep    times √ Facts.steepness, is added to the mean of `tuning`: lower cuts that beat the top promise more
    scratch  of the best frozen probe's lead over random weights: what training from random weights loses
    lower    no share: fine-tuning goes up to the best lower cut where that leads the top by more than this, in accuracy
    """

    joint: tuple[float, float]
    tuning: tuple[float, float]
    steep: float
    scratch: tuple[float, float]
    lower: float


PRIORS = Priors(
    joint=(0.026, 0.040), tuning=(-0.076, 0.285), steep=0.976, scratch=(0.872, 0.473), lower=0.015
)
