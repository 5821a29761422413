"""What the settings teach of all cuts and of training: the numbers of headstart/evidence/priors.py.

    python benchmarks/regret/fit.py

Prints the priors fitted to all settings, their spreads from data sets left out one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from results import Setting, load
from run import folder

from headstart.evidence.conclude import typical_class
from headstart.evidence.evidence import Evidence
from headstart.evidence.priors import Line, Priors
from headstart.study.contenders import ALL_CUTS, CUT_FIRST, PROBE_FIRST, SCRATCH

# Pulls a line's slopes towards 0, in settings: with few of them a slope is worth little.
RIDGE = 1.0


def main() -> int:
    settings = load(folder())
    print(f"{len(settings)} settings of {len({s.domain for s in settings})} data sets\n")
    print(fitted(settings))
    return 0


def fitted(settings: Sequence[Setting]) -> Priors:
    """The priors that `settings` teach; spreads are of data sets that are left out, one at a time."""
    leads = np.array([_lead(setting) for setting in settings])
    spread = float(np.sqrt(max(leads.var(), 0.01**2)))
    return Priors(
        joint=(float(leads.mean()), spread),
        tuning=_line(settings, (PROBE_FIRST, CUT_FIRST)),
        scratch=_line(settings, (SCRATCH,)),
    )


def _lead(setting: Setting) -> float:
    """Of all cuts over the single cut that cross-validation names, on the test pictures."""
    single = [f"probe at {_single(evidence)}" for evidence in setting.evidence]
    right = np.mean([setting.right[name][seed].mean() for seed, name in enumerate(single)])
    return setting.accuracy(ALL_CUTS) - float(right)


def _single(evidence: Evidence) -> str:
    return max(reversed(evidence.profile), key=lambda row: row.accuracy).cut


def _line(settings: Sequence[Setting], strategies: tuple[str, ...]) -> Line:
    design = np.stack([_facts(setting) for setting in settings])
    gains = np.array([_gain(setting, strategies) for setting in settings])
    domains = np.array([setting.domain for setting in settings])
    missed = [
        gains[domains == d] - design[domains == d] @ _solved(design[domains != d], gains[domains != d])
        for d in np.unique(domains)
    ]
    return Line(*map(float, _solved(design, gains)), float(np.sqrt(np.mean(np.concatenate(missed) ** 2))))


def _solved(design: np.ndarray, gains: np.ndarray) -> np.ndarray:
    penalty = np.diag([0.0] + [RIDGE * 0.1] * (design.shape[1] - 1))
    return np.linalg.solve(design.T @ design + penalty, design.T @ gains)


def _facts(setting: Setting) -> np.ndarray:
    """[1, tenfolds of 100 groups a class, the frozen probe's error], seeds averaged."""
    each = np.mean([np.log10(max(typical_class(e), 1.0) / 100) for e in setting.evidence])
    error = np.mean([1 - _best(e).accuracy for e in setting.evidence])
    return np.array([1.0, each, error])


def _best(evidence: Evidence):
    """The better of all cuts and the best single one."""
    rows = [*evidence.profile, *([evidence.concatenated] if evidence.concatenated else [])]
    return max(rows, key=lambda row: row.accuracy)


def _gain(setting: Setting, strategies: tuple[str, ...]) -> float:
    """Of the best of `strategies` over the probe at all cuts, on the test pictures."""
    return max(setting.accuracy(name) for name in strategies if name in setting.right) - setting.accuracy(
        ALL_CUTS
    )


if __name__ == "__main__":
    raise SystemExit(main())
