"""Do filters tell their padding, and what does the wrong one cost? Prints two Markdown tables.

    python benchmarks/padding.py --data DIR/hymenoptera timm:mobilenetv2_100=FILE timm:efficientnet_lite0=FILE

First how far filters lean that halve a map: in the files, in `small`, in random draws; then, by padding, how many
ants and bees the files' own classifiers call by their name, and what a frozen probe has right on the val split.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import timm
import torch
from torch import nn

from headstart import backbone, load_data, partition
from headstart.backbone import padding
from headstart.extraction import extract
from headstart.heads import head
from headstart.runtime import Execution

RANDOM, DRAWS = (
    (
        "mobilenetv2_100",
        "efficientnet_lite0",
        "resnet50",
        "densenet121",
        "regnety_002",
        "mobilenetv3_small_050",
        "efficientnet_b0",
        "inception_v3",
    ),
    6,
)
OPTIONS = ({"pad_type": ""}, {"pad_type": "same"}, {"pad_type": "same", "bn_eps": 1e-3})
INSECTS = {"ants": 310, "bees": 309}  # ImageNet's ant and bee


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    networks = [entry.split("=", 1) for entry in args.networks]
    print("| weights | lean | standard errors |\n|-|-|-|")
    for name, file in networks:
        loaded = backbone.load(name, weights=file)
        print(row(f"{name}, {Path(file).name}", *leans(backbone.build(loaded))))
    print(row("small", *leans(backbone.build(backbone.load("small")))))
    for name in RANDOM:
        print(row(f"{name}, the most of {DRAWS} random draws", *random(name)))
    print("\n| weights | options | own classifier, all | frozen probe, val |\n|-|-|-|-|")
    for name, file in networks:
        for options in OPTIONS:
            print(
                row(name, options, *costs(args.data, backbone.load(name, weights=file, model_kwargs=options)))
            )
    return 0


def row(*cells: object) -> str:
    return f"| {' | '.join(f'{cell:+.3f}' if isinstance(cell, float) else str(cell) for cell in cells)} |"


def leans(module: nn.Module) -> tuple[float, float]:
    """(how far the filters lean, that by its standard error)"""
    lean, error = padding.lean(padding.halving(module))
    return lean, lean / error


def random(name: str) -> tuple[float, float]:
    found = []
    for seed in range(DRAWS):
        torch.manual_seed(seed)
        found.append(leans(timm.create_model(name)))
    return max((lean for lean, _ in found), key=abs), max((errors for _, errors in found), key=abs)


def costs(folder: Path, network: backbone.Backbone) -> tuple[str, str]:
    dataset = load_data(str(folder)).dataset
    parts = partition(dataset, seed=0)
    train, val = (
        extract(dataset, index, network, execution=Execution()) for index in (parts.train, parts.report)
    )
    offset = network.source.num_classes - 1_000  # some count a background class first
    known = sum(
        int(
            (
                features.logits.argmax(1) - offset
                == [INSECTS[dataset.classes[k]] for k in dataset.labels[index]]
            ).sum()
        )
        for features, index in ((train, parts.train), (val, parts.report))
        if features.logits is not None
    )
    top, labels = network.top.name, dataset.labels
    solved = head.solve(train.x[top], labels[parts.train], 2, groups=dataset.groups[parts.train])
    right = int((solved.head.logits(val.x[top]).argmax(1) == labels[parts.report]).sum())
    return f"{known / (len(parts.train) + len(parts.report)):.4f}", f"{right} of {len(parts.report)}"


if __name__ == "__main__":
    raise SystemExit(main())
