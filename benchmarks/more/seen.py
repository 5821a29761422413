"""How sure a network's own head is of pictures, beside how sure it is of new ones of its own kind. Prints Markdown.

    python benchmarks/more/seen.py --data DIR

The pictures that it was trained on are told from all others by `Facts.seen`: their mean entropy lies below SURER of the
source's, and their features less than NEAR from the source's. Rows of tiny-imagenet with fewer classes are draws;
beside them stands how often they are surer than that.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "regret"))

from cases import _dataset

import headstart
from headstart.data.split import sample
from headstart.evidence.facts import NEAR, SURER
from headstart.evidence.nearness import distance, entropy
from headstart.extraction import extract

SETS = ("tiny-imagenet", "cifar10", "gtsrb", "digits", "hymenoptera", "brain-mri")
MOST, DRAWS = 2_020, 500


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
    backbone, dataset = headstart.load_backbone(network), _dataset(data, name)
    parts, own = headstart.partition(dataset, seed=0), backbone.source.entropy
    if own is None:
        return [f"{name} | not known | | no"]
    shown = {"train": parts.train, **({"val": parts.report} if name == "tiny-imagenet" else {})}
    found = []
    for split, index in shown.items():
        every = len(index) if name == "tiny-imagenet" and network == "small" else MOST
        index = index[sample(dataset.labels[index], every, 0)]
        features, labels = extract(dataset, index, backbone), dataset.labels[index]
        logits, away = features.logits, distance(features, backbone.stages, backbone.source)
        assert logits is not None, f"{network} has no head of its own"
        assert away is not None, f"no statistics are known of {network}'s source"
        ratio = (entropy(logits) or 0.0) / own
        warned = "yes" if ratio < SURER and away.value < NEAR else "no"
        found.append(f"{name}, {split} | {ratio:.2f} | {away.value:.2f} | {warned}")
        if name == "tiny-imagenet":
            found += _of_few(name, split, logits, labels, own)
    return found


def _of_few(name: str, split: str, logits: np.ndarray, labels: np.ndarray, own: float) -> list[str]:
    """The mean entropy of a few classes' pictures, drawn again and again."""
    each = np.array([entropy(logits[labels == label]) or 0.0 for label in np.unique(labels)])
    rng, found = np.random.default_rng(0), []
    for count in (2, 5, 10):
        drawn = [each[rng.choice(len(each), count, replace=False)].mean() / own for _ in range(DRAWS)]
        warned = 100 * np.mean(np.array(drawn) < SURER)
        found.append(f"{name}, {split}, {count} classes | {np.median(drawn):.2f} | | {warned:.1f} % of draws")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
