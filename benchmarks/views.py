"""What the augmented views are worth: crops alone, against crops beside pictures that are only moved.

    python benchmarks/views.py --data DIR [--epochs 5]

Trains `small` for a few epochs at 48 px on nine tenths of tiny-imagenet's *train* pictures, once on each kind of views,
and asks about the last tenth: 64 px pictures, scaled to one side and cut to another, which makes them softer or leaves
them as they are. Prints a Markdown table of accuracies.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import headstart
from headstart import progress
from headstart.backbone import home
from headstart.cli import console
from headstart.data.dataset import Dataset
from headstart.data.preprocess import Preprocess
from headstart.train import batches, loop
from headstart.train.pretrain import MEAN, RECIPE, STD, groups

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
    torch.manual_seed(0)
    made = home.blank("small", len(dataset.classes))
    sharp = Preprocess(STORED, STORED, "bicubic", MEAN, STD)
    task = task_of(dataset, sharp, train, sharp.at(SIZE))
    recipe = replace(
        RECIPE,
        epochs=epochs,
        start_size=START,
        cutmix=0.0,
        precision=loop.fast_precision(loop.device_of("auto")),
    )
    loop.train(made.module, groups(made), task, recipe, 0, loop.Settings(), "views")
    found = []
    for resize, size, interpolation in FRAMINGS:
        preprocess = Preprocess(size, resize, interpolation, MEAN, STD)
        framed = task_of(dataset, preprocess, train, preprocess)
        named = loop.predict(made.module, framed, asked, torch.device("cpu")).argmax(1)
        found.append(f"{(named == dataset.labels[asked]).mean():.3f}")
    return found


def task_of(dataset: Dataset, kept: Preprocess, train: np.ndarray, seen: Preprocess) -> loop.Task:
    """Pictures kept in memory as `kept` says, and shown as `seen` says."""
    pictures = batches.Pictures(dataset.paths, kept)
    return loop.Task(pictures, seen, dataset.labels, train, np.array([], np.int64))


if __name__ == "__main__":
    raise SystemExit(main())
