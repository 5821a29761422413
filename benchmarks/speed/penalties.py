"""Whether a penalty chosen on a part of many pictures is as good as one chosen on all of them.

    python benchmarks/speed/penalties.py --data DIR [--sets hymenoptera cifar10 gtsrb tiny-imagenet] [--most 20000]

Frozen features of `small`, its top cut, fp32. *A part* is what `head.solve` does. *All* is five folds of all pictures
and the optimum to its last digits. Both heads name the report pictures; the difference is paired by picture and group.
Up to `trial.CV_LIMIT` pictures both are the same. --most: training pictures of a set, stratified. Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import headstart
from headstart.data.split import sample
from headstart.extraction import extract
from headstart.heads import head, trial
from headstart.intervals import paired

sys.path.insert(0, str(Path(__file__).parents[1]))

from settings import TRACK

SETS = ("hymenoptera", "cifar10", "gtsrb", "tiny-imagenet")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--most", type=int, default=20_000)
    args = parser.parse_args()
    print(
        "| data | pictures | penalty: part, all | seconds: part, all | accuracy: part, all | difference, points |"
    )
    print("|-|-|-|-|-|-|")
    for name in args.sets:
        print(row(args.data, name, args.most), flush=True)
    return 0


def row(data: Path, name: str, most: int) -> str:
    dataset = headstart.load_data(str(data / name), group_regex=TRACK if name == "gtsrb" else None).dataset
    parts = headstart.partition(dataset, seed=0)
    train = parts.train[sample(dataset.labels[parts.train], most, 0)]
    backbone = headstart.load_backbone("small")
    x, held = (extract(dataset, index, backbone).x[backbone.top.name] for index in (train, parts.report))
    labels, groups, count = dataset.labels[train], dataset.groups[train], len(dataset.classes)
    found = [timed(x, labels, groups, count, limit) for limit in (trial.CV_LIMIT, len(train))]
    right = [solved.head.logits(held).argmax(axis=1) == dataset.labels[parts.report] for solved, _ in found]
    difference, error = paired(right[0], right[1], dataset.groups[parts.report])
    cells = (
        f"{len(train):,}",
        ", ".join(f"{solved.l2:g}" for solved, _ in found),
        ", ".join(f"{seconds:.1f}" for _, seconds in found),
        ", ".join(f"{own.mean():.4f}" for own in right),
        f"{100 * difference:+.2f} ± {100 * error:.2f}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def timed(
    x: np.ndarray, labels: np.ndarray, groups: np.ndarray, count: int, limit: int
) -> tuple[head.Solved, float]:
    """The head where up to `limit` pictures are all cross-validated, and its seconds."""
    usual, trial.CV_LIMIT = trial.CV_LIMIT, limit
    began = time.perf_counter()
    try:
        return head.solve(x, labels, count, groups=groups), time.perf_counter() - began
    finally:
        trial.CV_LIMIT = usual


if __name__ == "__main__":
    raise SystemExit(main())
