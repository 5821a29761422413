"""Wanted sensitivities against what is reached on report pictures: many draws of who trains and who reports.

    python benchmarks/points/reached.py --data DIR [--sets brain-mri hymenoptera cifar10] [--seeds 100]

DIR holds the data sets as class folders. Features of lite0's top cut, extracted once. A draw parts the pictures anew,
groups whole; the head is solved on the training pictures, and the threshold comes from what its cross-validation said
of them. Splits of the source's own are not heeded, so that there can be many draws. Prints, for each set, class and
wanted sensitivity, the mean that is reached, and the share of draws in which the wanted one lies in the 95 % interval
of the reached one, or in it or below it; the same without a threshold.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "regret"))

from cases import dataset_of

import headstart
from headstart.assess.evaluation import Evaluation
from headstart.assess.points import Reached, decided
from headstart.assess.thresholds import threshold
from headstart.data.split import sample
from headstart.extraction import extract
from headstart.heads import head
from headstart.intervals import score
from headstart.model.decision import Decision
from headstart.runtime import Execution

# Set → (the class that is to be found, pictures at most)
SETS = {"brain-mri": ("yes", 0), "hymenoptera": ("bees", 0), "cifar10": ("cat", 2_500)}
WANTED = (0.9, 0.95)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["brain-mri", "hymenoptera"])
    parser.add_argument("--seeds", type=int, default=100)
    args = parser.parse_args()
    for name in args.sets:
        for line in one(name, args.data, args.seeds):
            print(line, flush=True)
    return 0


def one(name: str, data: Path, seeds: int) -> Iterator[str]:
    target, most = SETS[name]
    dataset = dataset_of(data, name)
    if most:
        dataset = dataset.take(sample(dataset.labels, most, 0))
    dataset = replace(dataset, splits=("",) * len(dataset))
    backbone = headstart.load_backbone("lite0", image_size=224)
    everything = np.arange(len(dataset))
    x = extract(dataset, everything, backbone, execution=Execution()).x[backbone.top.name]
    runs = [run(dataset, x, target, seed) for seed in range(seeds)]
    yield f"{name}, {target}: {len(dataset):,} pictures, a fifth of them reported on, {seeds} draws"
    for place, wanted in enumerate((*WANTED, None)):
        found = [each[place] for each in runs]
        yield f"  {'likeliest' if wanted is None else f'wanted {wanted}'}: {told(found, wanted)}"


def run(dataset: headstart.Dataset, x: np.ndarray, target: str, seed: int) -> list[Reached]:
    """What each of WANTED reaches, and what the likeliest class does."""
    parts = headstart.partition(dataset, seed=seed)
    train, report = parts.train, parts.report
    labels, groups = dataset.labels[train], dataset.groups[train]
    solved = head.solve(x[train], labels, len(dataset.classes), groups=groups, seed=seed)
    held, place = solved.held_out, dataset.classes.index(target)
    assert held is not None
    probabilities = solved.head.probabilities(x[report])
    seen = Evaluation(
        "held-out", dataset.classes, dataset.labels[report], probabilities, dataset.groups[report]
    )
    found = []
    for wanted in WANTED:
        scores, own = np.exp(held.log_p[:, place]), labels[held.places] == place
        one = threshold(target, wanted, scores, own, groups[held.places])
        found.append(decided(seen, Decision(dataset.classes, (one,))).reached[0])
    there, called = seen.labels == place, seen.predictions == place
    of = [score(right[part], seen.groups[part]) for part, right in ((there, called), (~there, ~called))]
    return [*found, replace(found[0], sensitivity=of[0], specificity=of[1])]


def told(found: list[Reached], wanted: float | None) -> str:
    reached = np.array([one.sensitivity.accuracy for one in found])
    others = np.array([one.specificity.accuracy for one in found])
    spread = reached.std(ddof=1)
    said = f"sensitivity {reached.mean():.3f} ± {spread / np.sqrt(len(reached)):.3f} (sd {spread:.3f})"
    said += f", specificity {others.mean():.3f}"
    if wanted is None:
        return said
    inside = [low <= wanted <= high for low, high in (one.sensitivity.interval for one in found)]
    below = [wanted <= one.sensitivity.interval[1] for one in found]
    return f"{said}; wanted in the interval {np.mean(inside):.2f}, in it or below {np.mean(below):.2f} of the draws"


if __name__ == "__main__":
    sys.exit(main())
