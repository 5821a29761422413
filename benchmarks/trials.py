"""A short training on a part of tiny-imagenet's *train*, judged on pictures held out of it: for choosing recipes.

    python benchmarks/trials.py --data DIR [--network NAME] [--size 48] [KEY=VALUE ...]

60 classes drawn once, 300 pictures a class to train on and 50 to be asked about; KEY=VALUE changes a value of the
recipe, such as epochs=30, weight_decay=0.2 or cutmix=1. NAME is any that `headstart pretrain` takes, or a candidate of
`benchmarks/frontier`. Prints a Markdown row.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "frontier"))

import candidates
import numpy as np

import headstart
import trying
from headstart import progress
from headstart.cli import console
from headstart.data.dataset import Dataset
from headstart.planning.recipe import Recipe, check_recipe

CLASSES, EACH, ASKED = 60, 300, 50


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("changes", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--network", default="small")
    parser.add_argument("--size", type=int, default=48)
    args = parser.parse_args()
    candidates.register()
    progress.use(console.choose(quiet=False))
    dataset = headstart.load_data(str(args.data / "tiny-imagenet")).dataset
    dataset, train, asked = part(dataset, headstart.partition(dataset, seed=0).train)
    work = trying.task(dataset, train, trying.preparation(args.size))
    chosen = recipe(args)
    network, history = trying.trained(args.network, CLASSES, work, chosen)
    seconds = sum(epoch.seconds for epoch in history)
    known, new = (
        trying.accuracy(network, work, index) for index in (train[:: len(train) // len(asked)], asked)
    )
    print(
        "| network | recipe | epochs, px | seconds | training loss | trained on | held out |\n|-|-|-|-|-|-|-|"
    )
    print(
        f"| {args.network} | {' '.join(args.changes) or 'as it is'} | {chosen.epochs}, {args.size} | {seconds:.0f} "
        f"| {history[-1].train_loss:.3f} | {known:.3f} | {new:.3f} |"
    )
    return 0


def part(dataset: Dataset, train: np.ndarray) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """(the data set with labels 0 … CLASSES − 1 for the drawn classes, indices to train on, indices held out)."""
    rng = np.random.default_rng(7)
    drawn = np.sort(rng.permutation(len(dataset.classes))[:CLASSES])
    labels = np.full(len(dataset.labels), -1)
    kept, asked = [], []
    for label, name in enumerate(drawn):
        index = rng.permutation(train[dataset.labels[train] == name])
        labels[index] = label
        asked.append(index[:ASKED])
        kept.append(index[ASKED : ASKED + EACH])
    return replace(dataset, labels=labels), np.sort(np.concatenate(kept)), np.sort(np.concatenate(asked))


def recipe(args: argparse.Namespace) -> Recipe:
    """`headstart pretrain`'s for a short trial, with the changes."""
    base = trying.recipe(epochs=25, start_size=32)
    changes = dict(change.split("=") for change in args.changes)
    made = replace(base, **{name: type(getattr(base, name))(value) for name, value in changes.items()})
    check_recipe(made, args.size, "trial")
    return made


if __name__ == "__main__":
    raise SystemExit(main())
