"""What selection pictures promise of training, and what it then brings on test pictures. Prints a Markdown table.

    python benchmarks/regret/promises.py

Of every setting with enough test pictures and every seed: by how much training leads the probe that it must beat. On
the selection pictures both have learnt from the same pictures; on test pictures the probe is the one that would stand
in, which learns from the selection pictures too. *Foretold* is what its learning curve makes of that
(headstart/training/arms.py).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from fit import fitted_without, frozen, trainings
from results import ENOUGH, Setting, load
from run import folder

from headstart.evidence.curve import exponent, gained
from headstart.evidence.priors import Priors


def main() -> int:
    settings = load(folder())
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for setting in settings:
        if len(setting.groups) >= ENOUGH:
            found[setting.domain] += leads(setting, fitted_without(settings, setting.domain))
    found["all"] = [row for rows in found.values() for row in rows]
    print("| points | runs | promised | brought | too much | foretold |\n|-|-|-|-|-|-|")
    for name, rows in found.items():
        promised, brought, foretold = 100 * np.mean(rows, axis=0)
        print(
            f"| {name} | {len(rows)} | {promised:.1f} | {brought:.1f} | {promised - brought:.1f} | {foretold:.1f} |"
        )
    return 0


def leads(setting: Setting, priors: Priors) -> list[tuple[float, float, float]]:
    """(the lead of training on selection pictures, that on test pictures, what the probe gains anew), seed by seed."""
    found = []
    names = zip(frozen(priors, setting), trainings(setting, priors.lower), strict=True)
    for place, (probe, training) in enumerate(names):
        selected = {outcome.name: outcome.selection.mean() for outcome in setting.outcomes[place]}
        test = {name: setting.right[name][place].mean() for name in (probe, training)}
        anew = gained(1 - selected[probe], exponent(setting.evidence[place].curve), setting.more(place))
        found.append((selected[training] - selected[probe], test[training] - test[probe], anew))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
