"""How sure a network's own head is of pictures, and how far they lie from its source's. Prints Markdown.

    python benchmarks/more/seen.py --data DIR

The pictures that it was trained on are told from all others by `Facts.seen`: their mean entropy lies below SURER of the
source's, and their features less than NEAR from the source's. Below each set stand draws of few classes and pictures of
it: their medians, how far 98 % of their distances reach, and how many would be warned of.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "regret"))

from cases import dataset_of

import headstart
from headstart.backbone import Backbone
from headstart.data.split import sample
from headstart.evidence.facts import NEAR, SURER
from headstart.evidence.nearness import distance, entropy
from headstart.extraction import Features, extract

SETS = ("tiny-imagenet", "cifar10", "gtsrb", "digits", "hymenoptera", "brain-mri")
OWN, MOST = 20_000, 2_020  # pictures of the source's own, and of others
FEW = ((2, 20), (2, 100), (5, 50), (10, 100), (10, 500))  # classes and pictures of a draw
DRAWS = 300


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    print("| network | pictures | entropy / the source's | distance | warned |\n|-|-|-|-|-|")
    for network in ("small", "demo-cnn"):
        for name in SETS:
            for line in lines(args.data, network, name):
                print(f"| {network} | {line} |", flush=True)
    return 0


def lines(data: Path, network: str, name: str) -> list[str]:
    backbone, dataset = headstart.load_backbone(network), dataset_of(data, name)
    parts, own = headstart.partition(dataset, seed=0), name == "tiny-imagenet"
    shown = {"train": parts.train, **({"val": parts.report} if own else {})}
    found = []
    for split, index in shown.items():
        index = index[sample(dataset.labels[index], OWN if own else MOST, 0)]
        features, labels, groups = (
            extract(dataset, index, backbone),
            dataset.labels[index],
            dataset.groups[index],
        )
        sure, away = signs(features, groups, backbone)
        found.append(f"{name}, {split} | {sure:.2f} | {away:.2f} | {'yes' if warned(sure, away) else 'no'}")
        for few in FEW:
            drawn = np.array(
                [signs(features.take(rows), groups[rows], backbone) for rows in draws(labels, *few)]
            )
            if len(drawn):
                found.append(f"{name}, {split}, {_line(drawn, *few)}")
    return found


def signs(features: Features, groups: np.ndarray, backbone: Backbone) -> tuple[float, float]:
    """Entropy as a multiple of the source's, and distance."""
    own, here = backbone.source.entropy, entropy(features.logits)
    away = distance(features, groups, backbone.stages, backbone.source)
    assert own is not None, f"{backbone.name} does not tell its source's entropy"
    assert here is not None, f"{backbone.name} has no head of its own"
    assert away is not None, f"no statistics are known of the source of {backbone.name}"
    return here / own, away.value


def warned(sure: np.ndarray | float, away: np.ndarray | float) -> np.ndarray | bool:
    return (np.asarray(sure) < SURER) & (np.asarray(away) < NEAR)


def draws(labels: np.ndarray, classes: int, pictures: int) -> Iterator[np.ndarray]:
    """Places of `pictures` of so many classes, drawn again and again; none where there are not so many."""
    names, counts = np.unique(labels, return_counts=True)
    rng, each = np.random.default_rng(0), pictures // classes
    names = names[counts >= each]
    for _ in range(DRAWS if len(names) >= classes else 0):
        chosen = rng.choice(names, classes, replace=False)
        yield np.concatenate([rng.permutation(np.flatnonzero(labels == label))[:each] for label in chosen])


def _line(drawn: np.ndarray, classes: int, pictures: int) -> str:
    (sure, away), (low, high) = np.median(drawn, axis=0), np.quantile(drawn[:, 1], (0.01, 0.99))
    share = 100 * np.mean(warned(drawn[:, 0], drawn[:, 1]))
    return (
        f"{pictures} of {classes} classes | {sure:.2f} | {away:.2f} ({low:.2f} to {high:.2f}) "
        f"| {share:.1f} % of draws"
    )


if __name__ == "__main__":
    raise SystemExit(main())
