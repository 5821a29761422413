"""What a page makes of strangers with fewer of the bundle's neighbours, beside the bundle itself.

    python benchmarks/web/strangers.py BUNDLE OWN STRANGERS [--most 1000]

OWN, STRANGERS: folders of pictures that the bundle has not learnt from; of each --most in an order that their names'
hash gives. Prints Markdown rows: how many neighbours, how well similarity tells the two apart, and which share of each lies
below the line of so many, and below the bundle's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from asked import pictures
from sklearn.metrics import roc_auc_score

import headstart
from headstart.certainty.familiar import similarity


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("bundle")
    parser.add_argument("own", type=Path)
    parser.add_argument("strangers", type=Path)
    parser.add_argument("--most", type=int, default=1_000)
    given = parser.parse_args()
    model = headstart.load(given.bundle)
    neighbours, familiar = model.neighbours, model.certainty.familiar
    if neighbours is None or familiar is None:
        parser.error(
            f"{given.bundle}: it has no line to strangers; expected a bundle of 30 training pictures or more"
        )
    own, strange = (
        np.concatenate(list(model.features(pictures(folder, given.most))))
        for folder in (given.own, given.strangers)
    )
    print("| neighbours | line | AUROC | own below | strangers below | own below the bundle's line |")
    print("|-|-|-|-|-|-|")
    for count, line in ((len(neighbours), familiar.line), *familiar.fewer):
        part = neighbours.at(neighbours.few(count))
        ours, theirs = similarity(part, own), similarity(part, strange)
        area = roc_auc_score(np.repeat([0, 1], [len(ours), len(theirs)]), -np.concatenate([ours, theirs]))
        shares = [f"{np.mean(x < y):.3f}" for x, y in ((ours, line), (theirs, line), (ours, familiar.line))]
        print("|", " | ".join([f"{count:,}", f"{line:.3f}", f"{area:.4f}", *shares]), "|")


if __name__ == "__main__":
    main()
