"""Whether lite0's weights are what they are said to be: its own 1,000-way classifier on ImageNet photos at hand.

    python benchmarks/top1.py --data DIR [--count 2000]

DIR holds tiny-imagenet, whose pictures are ImageNet photos of 64 pixels, in folders named by WordNet ids: they are
enlarged to 224, so that this is no accuracy of ImageNet's. --count: pictures of its val split, stratified. Of pictures
whose class ImageNet's thousand have. Prints the share named rightly among all thousand, and among the classes at hand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from timm.data import ImageNetInfo

import headstart
from headstart.data.split import sample
from headstart.extraction import extract
from headstart.intervals import wilson


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2_000)
    args = parser.parse_args()
    dataset = headstart.load_data(str(args.data / "tiny-imagenet" / "val"), training=False).dataset
    synsets = ImageNetInfo().label_names()
    known = np.array([synsets.index(name) if name in synsets else -1 for name in dataset.classes])
    named = np.flatnonzero(known[dataset.labels] >= 0)
    index = named[sample(dataset.labels[named], args.count, 0)]
    logits = extract(dataset, index, headstart.load_backbone("lite0")).logits
    assert logits is not None
    truth, hand = known[dataset.labels[index]], np.unique(known[known >= 0])
    print(
        f"{len(index):,} pictures of {len(hand)} classes; {int((known < 0).sum())} classes are none of the thousand"
    )
    for among, said in (
        ("all thousand", logits.argmax(1)),
        ("those at hand", hand[logits[:, hand].argmax(1)]),
    ):
        right = said == truth
        low, high = wilson(int(right.sum()), len(right))
        print(f"top-1 among {among}: {right.mean():.3f} ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
