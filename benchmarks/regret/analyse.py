"""What choosing costs: the regret of the plan and of constant choices, from the raw results. Prints Markdown tables.

    python benchmarks/regret/analyse.py [--resplits 20] [--longer TIMES]

Test pictures are halved, groups whole. On one half the best strategy is named (seeds averaged first); on the other the
regret is what is lost against the strategy that is best there. The *floor* is the regret of the strategy named on the
first half: what chance leaves to whoever knows everything. Halves are swapped, and all is averaged over the resplits.
A *hit* lies, on the second half, within one paired standard error of the strategy named on the first. --longer holds
the settings that run.py trained that many times as long against the same ones at the budget.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from run import folder

from headstart.intervals import paired

ENOUGH = 2_000  # test pictures from which a setting counts for the aims


@dataclass(frozen=True)
class Setting:
    """right: strategy → bool [seeds, R]; choices: the plan's strategy for each of `seeds`; n: training pictures."""

    domain: str
    each: int
    backbone: str
    groups: np.ndarray
    right: Mapping[str, np.ndarray]
    choices: tuple[str, ...]
    n: int
    seconds: float
    evidence_seconds: float
    seeds: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.domain} {self.each or 'all'}, {self.backbone}"

    def chosen(self, choose: Callable[[Setting, int], str]) -> np.ndarray:
        """float [seeds, R]: right or wrong under a way of choosing, which may differ by seed."""
        return np.stack([self.right[choose(self, seed)][seed] for seed in range(len(self.choices))]).astype(
            float
        )


WAYS: dict[str, Callable[[Setting, int], str]] = {
    "the plan": lambda setting, seed: setting.choices[seed],
    "always the top probe": lambda setting, _: _probes(setting)[-2],
    "always all cuts": lambda *_: "probe at all cuts",
    "always fine-tune": lambda *_: "fine-tune",
    "always probe, then fine-tune": lambda *_: "probe, then fine-tune",
    "always from scratch": lambda *_: "from scratch",
    "counts only": lambda setting, _: _probes(setting)[-2] if setting.n < 2_000 else "probe, then fine-tune",
}


def _probes(setting: Setting) -> list[str]:
    """Probes in the network's order; the last is all cuts, the one before it the top."""
    return [name for name in setting.right if name.startswith("probe at")]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--resplits", type=int, default=20)
    parser.add_argument("--longer", type=int)
    args = parser.parse_args()
    settings = load(folder())
    if args.longer:
        print(at_rest(settings, load(folder(args.longer)), args.longer))
        return 0
    scores = {setting.name: regrets(setting, args.resplits) for setting in settings}
    print(by_setting(settings, scores))
    for title, chosen in (
        (f"{ENOUGH:,} test pictures or more", [s for s in settings if len(s.groups) >= ENOUGH]),
        ("fewer", [s for s in settings if len(s.groups) < ENOUGH]),
    ):
        if chosen:
            print(f"\n{title}: {len(chosen)} settings\n")
            print(
                by_way([scores[setting.name] for setting in chosen], [setting.domain for setting in chosen])
            )
    costs = [s.evidence_seconds / s.seconds for s in settings]
    print(
        f"\nevidence and decision, as a share of running every strategy: {100 * np.median(costs):.1f} % (median)"
    )
    return 0


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


def load(results: Path) -> list[Setting]:
    """All settings whose evidence stands for every seed."""
    csv.field_size_limit(sys.maxsize)
    rows: dict[tuple, dict[str, dict[int, dict]]] = defaultdict(lambda: defaultdict(dict))
    for row in _rows(results / "outcomes.csv"):
        rows[row["domain"], int(row["each"]), row["backbone"]][row["strategy"]][int(row["seed"])] = row
    groups = {
        row["domain"]: np.array(row["groups"].split(), np.int64) for row in _rows(results / "settings.csv")
    }
    measured: dict[tuple, dict[int, dict]] = defaultdict(dict)
    for line in (results / "evidence.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        measured[row["domain"], row["each"], row["backbone"]][row["seed"]] = row
    return [_setting(key, rows[key], groups[key[0]], found) for key, found in measured.items()]


def _rows(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def _setting(
    key: tuple, rows: Mapping[str, dict[int, dict]], groups: np.ndarray, found: dict[int, dict]
) -> Setting:
    seeds = sorted(found)
    lacking = [name for name in rows if set(rows[name]) < set(seeds)]
    if lacking:
        raise SystemExit(f"{key}: seeds lack {', '.join(lacking)}; run again")
    named = list(rows)

    def right(name: str) -> np.ndarray:
        packed = [np.frombuffer(bytes.fromhex(rows[name][seed]["right"]), np.uint8) for seed in seeds]
        return np.stack([np.unpackbits(bits)[: len(groups)] for bits in packed]).astype(bool)

    order = [f"probe at {row['cut']}" for row in found[seeds[0]]["evidence"]["profile"]] + [
        "probe at all cuts"
    ]
    ordered = [name for name in order if name in named] + [name for name in named if name not in order]
    return Setting(
        *key,
        groups,
        {name: right(name) for name in ordered},
        tuple(found[seed]["choice"] for seed in seeds),
        found[seeds[0]]["evidence"]["n"],
        sum(float(rows[name][seed]["seconds"]) for name in named for seed in seeds),
        sum(sum(found[seed]["seconds"].values()) for seed in seeds),
        tuple(seeds),
    )


def regrets(setting: Setting, resplits: int) -> dict[str, tuple[float, float]]:
    """way → (regret, hits), both averaged over resplits and halves; "floor" among them."""
    sums: dict[str, list[tuple[float, float]]] = defaultdict(list)
    right = {name: values.mean(axis=0) for name, values in setting.right.items()}
    chosen = {name: setting.chosen(way).mean(axis=0) for name, way in WAYS.items()}
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


def by_setting(settings: list[Setting], scores: Mapping[str, Mapping[str, tuple[float, float]]]) -> str:
    lines = [
        "| setting | n | tested | best | its accuracy | the plan chooses | regret | floor |",
        "|-|-|-|-|-|-|-|-|",
    ]
    for setting in settings:
        accuracy = {name: values.mean() for name, values in setting.right.items()}
        best = max(accuracy, key=lambda name: accuracy[name])
        choices = ", ".join(dict.fromkeys(setting.choices))
        own = scores[setting.name]
        lines.append(
            f"| {setting.name} | {setting.n:,} | {len(setting.groups):,} | {best} | {accuracy[best]:.3f} | {choices} "
            f"| {100 * own['the plan'][0]:.1f} | {100 * own['floor'][0]:.1f} |"
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
    for name in [*WAYS, "random"]:
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
