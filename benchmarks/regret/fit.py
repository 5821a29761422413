"""What the settings teach of all cuts and of training: the numbers of headstart/evidence/priors.py.

    python benchmarks/regret/fit.py

Prints the priors fitted to all settings; spreads are of data sets left out one at a time, less what chance in the test
pictures alone would make. A setting weighs by its test pictures: few of them say little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from results import Setting, load
from run import folder

from headstart.evidence.conclude import LEAST_LEAD, conclude
from headstart.evidence.priors import PRIORS, Line, Priors
from headstart.plan.decide import LOWER
from headstart.study.contenders import ALL_CUTS, CUT_FIRST, PROBE_FIRST, SCRATCH

# A slope is pulled towards 0 as if by so many settings that say 0.
RIDGE = 0.3
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
    joint, spread = _fit(settings, _lead, _constant)
    (level, slope), tuned = _fit(settings, _tuned, _by_class)
    lost, lost_spread = _fit(settings, _lost, _constant)
    return Priors(
        (float(joint[0]), spread), Line(float(level), float(slope), tuned), (float(lost[0]), lost_spread)
    )


def _lead(setting: Setting) -> float:
    """Of all cuts over the single cut that cross-validation names, on the test pictures."""
    singles = [max(reversed(e.profile), key=lambda row: row.accuracy).cut for e in setting.evidence]
    return setting.accuracy(ALL_CUTS) - _mean(setting, [f"probe at {cut}" for cut in singles])


def _tuned(setting: Setting) -> float:
    """Share of the best frozen probe's errors that the training which the plan would do takes away."""
    ways = [
        CUT_FIRST if e.top.behind > LOWER and CUT_FIRST in setting.right else PROBE_FIRST
        for e in setting.evidence
    ]
    best = _mean(setting, _frozen(setting))
    return (_mean(setting, ways) - best) / (1 - best)


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


def _constant(setting: Setting) -> list[float]:
    return [1.0]


def _by_class(setting: Setting) -> list[float]:
    each = np.mean([np.log10(max(e.typical_class, 1.0) / 100) for e in setting.evidence])
    return [1.0, float(each)]


def _fit(
    settings: Sequence[Setting], value: Callable[[Setting], float], facts: Callable[[Setting], list[float]]
) -> tuple[np.ndarray, float]:
    """(coefficients, spread of what they miss in data sets that were left out)."""
    x, y = np.array([facts(s) for s in settings]), np.array([value(s) for s in settings])
    noise = np.array([0.5 / len(s.groups) for s in settings])  # variance of a paired difference, at most
    weight = 1 / (BETWEEN**2 + noise)
    domains = np.array([s.domain for s in settings])
    missed = np.empty(len(y))
    for domain in np.unique(domains):
        out = domains == domain
        missed[out] = y[out] - x[out] @ _solved(x[~out], y[~out], weight[~out])
    between = max(float(np.average(missed**2 - noise, weights=weight)), 0.01**2)
    return _solved(x, y, weight), float(np.sqrt(between))


def _solved(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    pull = np.diag([1e-9] + [RIDGE * float(weight.mean())] * (x.shape[1] - 1))
    return np.linalg.solve(x.T @ (weight[:, None] * x) + pull, x.T @ (weight * y))


if __name__ == "__main__":
    raise SystemExit(main())
