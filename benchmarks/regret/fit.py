"""What the settings teach of all cuts and of training: the numbers of headstart/evidence/priors.py.

    python benchmarks/regret/fit.py

Prints the priors fitted to all settings; spreads are of data sets left out one at a time, less what chance in the test
pictures alone would make. A data set weighs by its test pictures: few of them say little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from results import Setting, load
from run import folder

from headstart.evidence.conclude import LEAST_LEAD, conclude
from headstart.evidence.priors import PRIORS, Priors, decades
from headstart.study.contenders import ALL_CUTS, CUT_FIRST, PROBE_FIRST, SCRATCH

# Lead of a lower cut below which training may go to the top; where the top leads, it always does.
HIGHEST = 0.12
# From the median absolute deviation to a standard deviation: a few leads are next to nothing.
TO_SIGMA = 1.4826
LEAST = 0.01  # no spread is less, nor are errors that something is a share of
START, TURNS = 0.2, 10  # of the spread, and of finding it


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
    lower = _lower(settings)
    (joint,), joint_spread = _fit(settings, _lead, lambda _: (1.0,))
    # Where a frozen probe is best is concluded by what these settings teach, not by what is shipped.
    known = replace(PRIORS, joint=(joint, joint_spread), lower=lower)
    (tuned, steep, decade), tuned_spread = _fit(settings, partial(_tuned, known), _promising)
    lost = np.array([_lost(known, setting) for setting in settings])
    middle = float(np.median(lost))
    return Priors(
        joint=known.joint,
        tuning=(tuned, tuned_spread),
        steep=steep,
        decade=decade,
        scratch=(middle, float(TO_SIGMA * np.median(np.abs(lost - middle)))),
        lower=lower,
    )


def fitted_without(settings: Sequence[Setting], domain: str) -> Priors:
    """The priors that all other data sets teach: they know nothing of this one."""
    return fitted([setting for setting in settings if setting.domain != domain])


def _lower(settings: Sequence[Setting]) -> float:
    """The lead of the best lower cut from which training up to there is expected to be better than to the top."""
    (even, rise), _ = _fit(settings, _shorter, _lower_lead)
    crossing = -even / rise if rise > 0 else (-np.inf if even > 0 else np.inf)
    return float(np.clip(crossing, 0.0, HIGHEST))


def _shorter(setting: Setting) -> float:
    """Share of the best probe's errors by which training up to the best lower cut is better than to the top."""
    return (setting.accuracy(CUT_FIRST) - setting.accuracy(PROBE_FIRST)) / _errors(setting)


def _errors(setting: Setting) -> float:
    """Of the best probe at one cut, on test pictures."""
    return max(1 - max(setting.accuracy(probe) for probe in setting.probes), LEAST)


def _lower_lead(setting: Setting) -> tuple[float, float]:
    return 1.0, float(np.mean([e.lower.accuracy - e.top.accuracy for e in setting.evidence]))


def _lead(setting: Setting) -> float:
    """Share of the errors of the single cut that cross-validation names which all cuts take away, on test pictures."""
    singles = [max(reversed(e.profile), key=lambda row: row.accuracy).cut for e in setting.evidence]
    single = _mean(setting, [f"probe at {cut}" for cut in singles])
    return (setting.accuracy(ALL_CUTS) - single) / (1 - single)


def trainings(setting: Setting, lower: float) -> list[str]:
    """The training that the plan would do, seed by seed."""
    cuts = [conclude(e.facts, priors=replace(PRIORS, lower=lower)).trained_cut for e in setting.evidence]
    tops = [e.top.cut for e in setting.evidence]
    return [PROBE_FIRST if cut == top else CUT_FIRST for cut, top in zip(cuts, tops, strict=True)]


def _tuned(known: Priors, setting: Setting) -> float:
    """Share of the best frozen probe's errors that this training takes away."""
    best = _mean(setting, frozen(known, setting))
    return (_mean(setting, trainings(setting, known.lower)) - best) / (1 - best)


def _promising(setting: Setting) -> tuple[float, ...]:
    steep = float(np.mean([np.sqrt(e.steepness) for e in setting.evidence]))
    return 1.0, steep, float(np.mean([decades(e.n) for e in setting.evidence]))


def _lost(known: Priors, setting: Setting) -> float:
    """Share of the best frozen probe's lead over random weights that training from these loses."""
    best = _mean(setting, frozen(known, setting))
    control = float(np.mean([e.control for e in setting.evidence]))
    return (best - setting.accuracy(SCRATCH)) / max(best - control, LEAST_LEAD)


def frozen(known: Priors, setting: Setting) -> list[str]:
    """The probe that is concluded to be best, seed by seed."""
    cuts = [conclude(e.facts, priors=known).best_cut for e in setting.evidence]
    return [ALL_CUTS if "+" in cut else f"probe at {cut}" for cut in cuts]


def _mean(setting: Setting, strategies: Sequence[str]) -> float:
    """Accuracy on the test pictures, a strategy for each seed."""
    return float(np.mean([setting.right[name][seed].mean() for seed, name in enumerate(strategies)]))


def _fit(
    settings: Sequence[Setting],
    value: Callable[[Setting], float],
    facts: Callable[[Setting], tuple[float, ...]],
) -> tuple[list[float], float]:
    """(what each of `facts` adds to `value`, a share of errors; the spread of data sets that were left out of the fit).

    Weighted least squares. A data set weighs by its test pictures, whatever the number of its settings; how much these
    count beside what makes data sets differ is found with the spread, in turns.
    """
    x, y = np.array([facts(s) for s in settings]), np.array([value(s) for s in settings])
    # Variance of a paired difference, at most, in units of the errors of the best probe.
    noise = np.array([0.5 / len(s.groups) / _errors(s) ** 2 for s in settings])
    domains = np.array([s.domain for s in settings])
    names, many = np.unique(domains), np.array([np.sum(domains == d) for d in domains])
    between = START**2
    for _ in range(TURNS):
        weight = 1 / (between + noise) / many
        missed = np.empty(len(y))
        for name in names:
            out = domains == name
            missed[out] = y[out] - x[out] @ _least_squares(x[~out], y[~out], weight[~out])
        between = max(float(np.average(missed**2 - noise, weights=weight)), LEAST**2)
    # A spread of a few data sets is not well known: Student's t with as many degrees of freedom as data sets, less one,
    # has so many times the variance.
    few = (len(names) - 1) / max(1, len(names) - 3)
    return _least_squares(x, y, weight).tolist(), float(np.sqrt(between * few))


def _least_squares(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    root = np.sqrt(weight)
    return np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]


if __name__ == "__main__":
    raise SystemExit(main())
