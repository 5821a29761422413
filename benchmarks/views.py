"""What the augmented views are worth: crops alone, against crops beside pictures that are only moved.

    python benchmarks/views.py --data DIR [--epochs 5]

Trains `small` for a few epochs at 48 px on nine tenths of tiny-imagenet's *train* pictures, once on each kind of views,
and asks about the last tenth: 64 px pictures, scaled to one side and cut to another, which makes them softer or leaves
them as they are. Prints a Markdown table of accuracies.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import headstart
import trying
from headstart import progress
from headstart.cli import console
from headstart.data.dataset import Dataset
from headstart.training import batches

STORED, SIZE, START, HELD_OUT = 64, 48, 40, 10
# (shorter side to, centre crop to, interpolation)
FRAMINGS = ((48, 48, "bicubic"), (56, 48, "bilinear"), (64, 64, "bicubic"), (72, 64, "bilinear"))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=5)
    args = parser.parse_args()
    progress.use(console.choose(quiet=False))
    dataset = headstart.load_data(str(args.data / "tiny-imagenet")).dataset
    shuffled = np.random.default_rng(7).permutation(headstart.partition(dataset, seed=0).train)
    asked, train = np.sort(shuffled[::HELD_OUT]), np.sort(np.delete(shuffled, np.s_[::HELD_OUT]))
    names = [f"{resize} → {size} px, {filter_}" for resize, size, filter_ in FRAMINGS]
    print(f"| views | {' | '.join(names)} |\n{'|-' * (len(names) + 1)}|")
    for share, name in ((1.0, "crops"), (0.5, "crops and moved pictures")):
        batches.CROPPED = share
        print(f"| {name} | {' | '.join(scores(dataset, train, asked, args.epochs))} |", flush=True)
    return 0


def scores(dataset: Dataset, train: np.ndarray, asked: np.ndarray, epochs: int) -> list[str]:
    sharp = trying.preparation(STORED)
    recipe = trying.recipe(epochs=epochs, start_size=START, cutmix=0.0)
    work = trying.task(dataset, train, sharp.at(SIZE), kept=sharp)
    network, _ = trying.trained("small", len(dataset.classes), work, recipe)
    found = []
    for resize, size, interpolation in FRAMINGS:
        framed = trying.task(dataset, train, trying.preparation(size, resize, interpolation))
        found.append(f"{trying.accuracy(network, framed, asked):.3f}")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
