"""What choosing costs: the regret of the plan and of constant choices, from the raw results. Prints Markdown tables.

    python benchmarks/regret/analyse.py --weights DIR [--resplits 20] [--seeds 0 1 2] [--longer TIMES]

Test pictures are halved, groups whole. On one half the best strategy is named (seeds averaged first); on the other the
regret is what is lost against the strategy that is best there. The *floor* is the regret of the strategy named on the
first half: what chance leaves to whoever knows everything. Halves are swapped, and all is averaged over the resplits.
A *hit* lies, on the second half, within one paired standard error of the strategy named on the first. The plan is made
from the stored evidence with priors fitted to all *other* data sets (fit.py), so that nothing that is judged had a say
in it. --seeds judges these alone; the priors are still fitted to all. --longer holds the settings that run.py trained
that many times as long against the same ones at the budget.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from fit import fitted_without
from results import ENOUGH, Setting, load
from run import folder

from headstart.intervals import paired
from headstart.study.contenders import ALL_CUTS, CUT_FIRST, PROBE_FIRST, RANDOM_HEAD, SCRATCH

PLAN, TOP = "the plan", "always the top probe"
FEW = 2_000  # training pictures from which "counts only" trains


def choices(setting: Setting, plan: Sequence[str]) -> dict[str, list[str]]:
    """Way of choosing → the strategy chosen, seed by seed."""
    top = setting.probes[-1]
    few = setting.evidence[0].n < FEW
    always = {
        TOP: top,
        "always all cuts": ALL_CUTS,
        "always random head, then fine-tune": RANDOM_HEAD,
        "always probe, then fine-tune": PROBE_FIRST,
        "always cut, then fine-tune": CUT_FIRST,
        "always from scratch": SCRATCH,
        "counts only": top if few else PROBE_FIRST,
    }
    return {PLAN: list(plan), **{way: [name] * len(setting.seeds) for way, name in always.items()}}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--resplits", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--longer", type=int)
    args = parser.parse_args()
    settings = load(folder())
    if args.longer:
        print(at_rest(settings, load(folder(args.longer)), args.longer))
        return 0
    judged = [own for setting in settings if (own := setting.of(args.seeds))]
    plans = {setting.name: planned(setting, settings, args.weights) for setting in judged}
    scores = {setting.name: regrets(setting, plans[setting.name], args.resplits) for setting in judged}
    print(by_setting(judged, scores, plans))
    for title, chosen in (
        (f"{ENOUGH:,} test pictures or more", [s for s in judged if len(s.groups) >= ENOUGH]),
        ("fewer", [s for s in judged if len(s.groups) < ENOUGH]),
    ):
        if chosen:
            print(f"\n{title}: {len(chosen)} settings\n")
            print(
                by_way([scores[setting.name] for setting in chosen], [setting.domain for setting in chosen])
            )
    # Of the whole settings: seconds are not kept seed by seed.
    costs = [setting.evidence_seconds / setting.seconds for setting in settings]
    print(
        f"\nevidence and decision, as a share of running every strategy: {100 * np.median(costs):.1f} % (median)"
    )
    return 0


def planned(setting: Setting, settings: Sequence[Setting], weights: Path) -> list[str]:
    """What the plan comes to for every seed, by priors that know nothing of the setting's data set."""
    priors = fitted_without(settings, setting.domain)
    return [setting.choice(place, weights, priors) for place in range(len(setting.seeds))]


def at_rest(settings: list[Setting], rested: list[Setting], longer: int) -> str:
    """Accuracies and ranks at the budget and at a longer one, of the settings and seeds that were run at both."""
    lines = ["| setting | strategy | at the budget | rank | trained longer | rank |", "|-|-|-|-|-|-|"]
    known = {setting.name: setting for setting in settings}
    for late in rested:
        if late.name not in known:
            continue
        early = known[late.name]
        seeds = sorted(set(early.seeds) & set(late.seeds))
        before, after = (
            {
                name: s.right[name][[s.seeds.index(seed) for seed in seeds]].mean()
                for name in early.right
                if name in late.right
            }
            for s in (early, late)
        )
        ranks = [sorted(found, key=lambda name, f=found: -f[name]) for found in (before, after)]
        for name in before:
            first, second = (order.index(name) + 1 for order in ranks)
            lines.append(
                f"| {late.name} | {name} | {before[name]:.3f} | {first} | {after[name]:.3f} | {second} |"
            )
    return "\n".join([*lines, f"\ntrained longer: {longer} times the budget"])


def regrets(setting: Setting, plan: Sequence[str], resplits: int) -> dict[str, tuple[float, float]]:
    """way → (regret, hits), both averaged over resplits and halves; "floor" among them."""
    sums: dict[str, list[tuple[float, float]]] = defaultdict(list)
    right = {name: values.mean(axis=0) for name, values in setting.right.items()}
    chosen = {
        way: np.mean([setting.right[name][seed] for seed, name in enumerate(names)], axis=0)
        for way, names in choices(setting, plan).items()
    }
    chosen["random"] = np.mean(list(right.values()), axis=0)
    rng = np.random.default_rng(0)
    for _ in range(resplits):
        names = np.unique(setting.groups)
        first = np.isin(setting.groups, rng.permutation(names)[: len(names) // 2])
        for here, there in ((first, ~first), (~first, first)):
            named = max(right, key=lambda name: right[name][here].mean())
            best = max(values[there].mean() for values in right.values())
            sums["floor"].append((best - right[named][there].mean(), 1.0))
            for name, values in chosen.items():
                behind, error = paired(right[named][there], values[there], setting.groups[there])
                sums[name].append((best - values[there].mean(), float(behind <= error)))
    return {name: tuple(np.mean(found, axis=0)) for name, found in sums.items()}


def by_setting(
    settings: Sequence[Setting],
    scores: Mapping[str, Mapping[str, tuple[float, float]]],
    plans: Mapping[str, Sequence[str]],
) -> str:
    lines = [
        "| setting | n | tested | best | its accuracy | the plan chooses | regret | floor |",
        "|-|-|-|-|-|-|-|-|",
    ]
    for setting in settings:
        accuracy = {name: values.mean() for name, values in setting.right.items()}
        best = max(accuracy, key=lambda name: accuracy[name])
        named = ", ".join(dict.fromkeys(plans[setting.name]))
        own = scores[setting.name]
        lines.append(
            f"| {setting.name} | {setting.evidence[0].n:,} | {len(setting.groups):,} | {best} | {accuracy[best]:.3f} "
            f"| {named} | {100 * own[PLAN][0]:.1f} | {100 * own['floor'][0]:.1f} |"
        )
    return "\n".join(lines)


def by_way(scores: list[Mapping[str, tuple[float, float]]], domains: list[str]) -> str:
    """Mean with a bootstrap interval, median, 95th percentile, worst, hits; points above the floor.

    Data sets are drawn, not settings: those of one set share their test pictures.
    """
    lines = ["| choice | mean regret above the floor | median | p95 | worst | hits |", "|-|-|-|-|-|-|"]
    floor = np.array([own["floor"][0] for own in scores])
    rng, names = np.random.default_rng(0), np.unique(domains)
    places = [np.flatnonzero(np.array(domains) == name) for name in names]
    draws = [
        np.concatenate([places[k] for k in rng.integers(len(names), size=len(names))]) for _ in range(2_000)
    ]
    for name in [way for way in scores[0] if way != "floor"]:
        above = 100 * (np.array([own[name][0] for own in scores]) - floor)
        low, high = np.percentile([above[draw].mean() for draw in draws], [2.5, 97.5])
        hits = 100 * np.mean([own[name][1] for own in scores])
        lines.append(
            f"| {name} | {above.mean():.2f} ({low:.2f} to {high:.2f}) | {np.median(above):.2f} "
            f"| {np.percentile(above, 95):.2f} | {above.max():.2f} | {hits:.0f} % |"
        )
    lines.append(f"\nfloor: {100 * floor.mean():.2f} points in the mean")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
