"""What selection pictures promise of training, and what it then brings on test pictures. Prints a Markdown table.

    python benchmarks/regret/promises.py

Of every setting with enough test pictures and every seed: by how much training leads the probe that it must beat. On
the selection pictures both have learnt from the same pictures; on test pictures the probe is the one that would stand
in, which learns from the selection pictures too. *Foretold* is what its learning curve makes of that
(headstart/train/arms.py).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from fit import fitted
from results import ENOUGH, Setting, load
from run import folder

from headstart.evidence.conclude import conclude
from headstart.evidence.curve import exponent
from headstart.evidence.priors import Priors
from headstart.study.contenders import ALL_CUTS, CUT_FIRST, PROBE_FIRST


def main() -> int:
    settings = load(folder())
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for setting in settings:
        if len(setting.groups) >= ENOUGH:
            priors = fitted([other for other in settings if other.domain != setting.domain])
            found[setting.domain] += [leads(setting, place, priors) for place in range(len(setting.seeds))]
    found["all"] = [row for rows in found.values() for row in rows]
    print("| points | runs | promised | brought | too much | foretold |\n|-|-|-|-|-|-|")
    for name, rows in found.items():
        promised, brought, foretold = 100 * np.mean(rows, axis=0)
        print(
            f"| {name} | {len(rows)} | {promised:.1f} | {brought:.1f} | {promised - brought:.1f} | {foretold:.1f} |"
        )
    return 0


def leads(setting: Setting, place: int, priors: Priors) -> tuple[float, float, float]:
    """(the lead of training on selection pictures, that on test pictures, what the probe gains anew), for one seed."""
    evidence = conclude(setting.evidence[place], priors=priors)
    probe = ALL_CUTS if evidence.joins(evidence.best_cut) else f"probe at {evidence.best_cut}"
    training = PROBE_FIRST if evidence.trained_cut == evidence.top.cut else CUT_FIRST
    selected = {outcome.name: outcome.selection for outcome in setting.outcomes[place]}
    test = {name: setting.right[name][place].mean() for name in (probe, training)}
    more = evidence.n / (evidence.n - len(selected[probe]))
    anew = (1 - selected[probe].mean()) * (1 - more ** -exponent(evidence.curve))
    return (
        float(selected[training].mean() - selected[probe].mean()),
        float(test[training] - test[probe]),
        float(anew),
    )


if __name__ == "__main__":
    raise SystemExit(main())
