"""What other pictures have taught of what all cuts together, and training, come to beside a frozen probe.

Fitted to the settings of benchmarks/regret (`fit.py` there prints these numbers; spreads are those of data sets that
were left out of the fit). They say what to expect before anything is trained; what is then measured on the pictures at
hand weighs against them by its own error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Priors:
    """What to expect, each as a mean and a spread.

    joint    share of the best single cut's errors that all cuts side by side take away
    tuning   share of the frozen probe's errors that training takes away, where the top cut is the best single one;
             `steep` times the root of Evidence.steepness comes to it
    scratch  share of the probe's lead over random weights that is lost by training from these
    lower    training goes up to the best lower cut where the probe there leads the top one by more, in accuracy
    """

    joint: tuple[float, float]
    tuning: tuple[float, float]
    steep: float
    scratch: tuple[float, float]
    lower: float


PRIORS = Priors(
    joint=(0.026, 0.040), tuning=(-0.076, 0.285), steep=0.976, scratch=(0.872, 0.473), lower=0.015
)
