"""What a decision costs once features are there: 2,000 pictures, 10 cuts. Prints a Markdown table.

    python benchmarks/speed/decision.py --data DIR --weights DIR

The cuts are the six of MobileNetV2 and the first four of `small`, with those of their random copies as control.
*Weighed* is the first time: every probe, the learning curve, the verdicts. *Known* is the second: the answer is kept.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "regret"))

from run import network

import headstart
from headstart.data.split import sample
from headstart.evidence import measure
from headstart.evidence.conclude import conclude
from headstart.evidence.gather import Totals, gather
from headstart.extraction import Features, extract_beside
from headstart.runtime import Execution

PICTURES, BELOW = 2_000, 4
ROUNDS = 3


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    args = parser.parse_args()
    dataset = headstart.load_data(str(args.data / "cifar10")).dataset
    train = headstart.partition(dataset, seed=0).train
    dataset = dataset.take(train[sample(dataset.labels[train], PICTURES, 0)])
    whole, lower = (network(name, args.weights) for name in ("mobilenet", "small"))
    everything = np.arange(len(dataset))
    own, below = (
        extract_beside(dataset, everything, b, (None, 0), execution=Execution(precision="fp32"))
        for b in (whole, lower)
    )
    names = lower.stage_names[:BELOW]
    features, control = (
        Features({**{name: two.x[name] for name in names}, **one.x}, one.logits)
        for one, two in zip(own, below, strict=True)
    )
    counts = dict(zip(dataset.classes, np.bincount(dataset.labels).tolist(), strict=True))
    weigh = partial(
        gather,
        features,
        [control],
        labels=dataset.labels,
        groups=dataset.groups,
        classes=dataset.classes,
        stages=(*lower.stages[:BELOW], *whole.stages),
        totals=Totals(len(dataset), len(dataset), counts, min(counts.values())),
        source=whole.source,
        seed=0,
    )
    part = headstart.partition(dataset, seed=0)
    measure(dataset, part, whole)  # what is asked twice is kept from here on
    rows = [
        (f"weighed, {len(dataset):,} pictures, {len(features.x)} cuts", _seconds(lambda: conclude(weigh()))),
        (
            f"known, {len(part.train):,} pictures, the {len(whole.stages)} cuts of MobileNetV2",
            _seconds(lambda: measure(dataset, part, whole)),
        ),
    ]
    print("| decision | seconds (median) | least to most |\n|-|-|-|")
    for name, seconds in rows:
        print(f"| {name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} to {max(seconds):.2f} |")
    return 0


def _seconds(run: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
