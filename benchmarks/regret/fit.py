"""What the settings teach of all cuts and of training: the numbers of headstart/evidence/priors.py.

    python benchmarks/regret/fit.py

Prints the priors fitted to all settings; spreads are of data sets left out one at a time, less what chance in the test
pictures alone would make. A setting weighs by its test pictures: few of them say little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from results import Setting, load
from run import folder

from headstart.evidence.conclude import LEAST_LEAD, conclude
from headstart.evidence.priors import PRIORS, Priors
from headstart.study.contenders import ALL_CUTS, CUT_FIRST, PROBE_FIRST, SCRATCH

LOWERS = (0.0, 0.02, 0.04, 0.06, 0.08, 0.12, 1.0)  # to choose from; the last never goes below the top
# From the median absolute deviation to a standard deviation: a few leads are next to nothing.
TO_SIGMA = 1.4826
LEAST = 0.01  # no spread is less
# Standard deviation of a gain between settings, against which chance in the test pictures is weighed.
BETWEEN = 0.03


def main() -> int:
    settings = load(folder())
    print(f"{len(settings)} settings of {len({s.domain for s in settings})} data sets\n")
    print(fitted(settings))
    return 0


def fitted(settings: Sequence[Setting]) -> Priors:
    """The priors that `settings` teach, of at least two data sets."""
    if len({setting.domain for setting in settings}) < 2:
        raise SystemExit(
            "priors need settings of at least two data sets beside those that are left out; run more"
        )
    lower = max(LOWERS, key=lambda lead: np.mean([_mean(s, _ways(s, lead)) for s in settings]))
    lost = np.array([_lost(setting) for setting in settings])
    middle = float(np.median(lost))
    return Priors(
        joint=_fit(settings, _lead),
        tuning=_fit(settings, partial(_tuned, lower)),
        scratch=(middle, float(TO_SIGMA * np.median(np.abs(lost - middle)))),
        lower=lower,
    )


def _lead(setting: Setting) -> float:
    """Share of the errors of the single cut that cross-validation names which all cuts take away, on test pictures."""
    singles = [max(reversed(e.profile), key=lambda row: row.accuracy).cut for e in setting.evidence]
    single = _mean(setting, [f"probe at {cut}" for cut in singles])
    return (setting.accuracy(ALL_CUTS) - single) / (1 - single)


def _ways(setting: Setting, lower: float) -> list[str]:
    """The training that the plan would do, seed by seed."""
    cuts = [conclude(e, priors=replace(PRIORS, lower=lower)).trained_cut for e in setting.evidence]
    tops = [e.top.cut for e in setting.evidence]
    return [PROBE_FIRST if cut == top else CUT_FIRST for cut, top in zip(cuts, tops, strict=True)]


def _tuned(lower: float, setting: Setting) -> float:
    """Share of the best frozen probe's errors that this training takes away."""
    best = _mean(setting, _frozen(setting))
    return (_mean(setting, _ways(setting, lower)) - best) / (1 - best)


def _lost(setting: Setting) -> float:
    """Share of the best frozen probe's lead over random weights that training from these loses."""
    best = _mean(setting, _frozen(setting))
    control = float(np.mean([e.control for e in setting.evidence]))
    return (best - setting.accuracy(SCRATCH)) / max(best - control, LEAST_LEAD)


def _frozen(setting: Setting) -> list[str]:
    """The probe that is concluded to be best, seed by seed."""
    cuts = [conclude(e, priors=PRIORS).best_cut for e in setting.evidence]
    return [ALL_CUTS if "+" in cut else f"probe at {cut}" for cut in cuts]


def _mean(setting: Setting, strategies: Sequence[str]) -> float:
    """Accuracy on the test pictures, a strategy for each seed."""
    return float(np.mean([setting.right[name][seed].mean() for seed, name in enumerate(strategies)]))


def _fit(settings: Sequence[Setting], value: Callable[[Setting], float]) -> tuple[float, float]:
    """(mean, spread of data sets that were left out about the mean of the others)"""
    y = np.array([value(s) for s in settings])
    noise = np.array([0.5 / len(s.groups) for s in settings])  # variance of a paired difference, at most
    domains = np.array([s.domain for s in settings])
    names = np.unique(domains)
    # A data set weighs by its test pictures, whatever the number of its settings.
    weight = 1 / (BETWEEN**2 + noise) / np.array([np.sum(domains == d) for d in domains])
    missed = np.empty(len(y))
    for name in names:
        out = domains == name
        missed[out] = y[out] - np.average(y[~out], weights=weight[~out])
    between = max(float(np.average(missed**2 - noise, weights=weight)), LEAST**2)
    few = (len(names) + 1) / (
        len(names) - 1
    )  # a spread of a few data sets is not well known: as Student's t has it
    return float(np.average(y, weights=weight)), float(np.sqrt(between * few))


if __name__ == "__main__":
    raise SystemExit(main())
