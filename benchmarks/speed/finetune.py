"""Fine-tuning's rate: our loop, a bare loop with the same settings, and the plain fp32 loop of a tutorial.

    python benchmarks/speed/finetune.py --data DIR --weights DIR [--rounds 3] [--epochs 2]

MobileNetV2 at 224 px on the training pictures of DIR/hymenoptera, every layer trained, batches of 32. Each way is a
process of its own, in turn; pictures a second of the last epoch, the median counts.

ours      headstart's loop: bfloat16 where the processor has it, channels last, pages kept, crops drawn beside it
bare      the same network, precision, layout, optimizer and allocator on one batch in memory, over and over
tutorial  fp32, channels first, the system's allocator, ImageFolder and DataLoader with one worker a core, SGD
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

BATCH, SIDE = 32, 224


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        print(json.dumps(WAYS[args.way](args)))
        return 0
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(args.rounds):
        for way, rates in found.items():
            command = [sys.executable, __file__, *sys.argv[1:], "--way", way]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            rates.append(json.loads(done.stdout.strip().splitlines()[-1]))
    medians = {way: statistics.median(rates) for way, rates in found.items()}
    print("| loop | pictures a second | least to most | times the tutorial's |\n|-|-|-|-|")
    for way, rates in found.items():
        print(
            f"| {way} | {medians[way]:.1f} | {min(rates):.1f} to {max(rates):.1f} "
            f"| {medians[way] / medians['tutorial']:.2f} |"
        )
    print(f"\n- ours, at least 0.95 of bare: {medians['ours'] / medians['bare']:.2f}")
    print(f"- ours, at least 2 times the tutorial's: {medians['ours'] / medians['tutorial']:.2f}")
    return 0


def network(args: argparse.Namespace):
    import timm
    from torch import nn

    made = timm.create_model(
        "mobilenetv2_100",
        pretrained=True,
        pretrained_cfg_overlay={"file": str(args.weights / "mobilenetv2_100.safetensors")},
        pad_type="same",
    )
    made.classifier = nn.Linear(made.num_features, 2)
    return made


def ours(args: argparse.Namespace) -> float:
    import numpy as np

    from headstart import data
    from headstart.cli.pages import keep_pages
    from headstart.data.preprocess import Preprocess
    from headstart.planning.recipe import Recipe
    from headstart.training import loop
    from headstart.training.batches import Pictures
    from headstart.training.optimizers import ParameterGroup
    from headstart.training.task import Settings, Task

    keep_pages()
    dataset = data.load(args.data / "hymenoptera").dataset
    train = data.partition(dataset, seed=0).train
    preprocess = Preprocess(SIDE, SIDE, "bicubic", (0.5,) * 3, (0.5,) * 3)
    made = network(args)
    pictures = Pictures(dataset.paths, preprocess)
    task = Task(pictures, preprocess, dataset.labels, train, np.array([], np.int64))
    recipe = Recipe(epochs=args.epochs, batch_size=BATCH, augment="crop")
    groups = [ParameterGroup(list(made.parameters()))]
    pictures.warm(train)
    history = loop.train(made, groups, task, recipe, 0, Settings(device="cpu"), "ours")
    return len(train) / history[-1].seconds


def bare(args: argparse.Namespace) -> float:
    import torch

    from headstart.cli.pages import keep_pages
    from headstart.training.precision import faster

    keep_pages()
    made = network(args).train().to(memory_format=torch.channels_last)
    short = faster(made, torch.device("cpu"), SIDE) == "bf16"
    optimizer = torch.optim.AdamW(made.parameters(), lr=1e-3, weight_decay=0.05, fused=True)
    x = torch.randn(BATCH, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 2, (BATCH,))

    def steps(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            with torch.autocast("cpu", torch.bfloat16, enabled=short):
                logits = made(x).float()
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(logits, y).backward()
            optimizer.step()
        return BATCH * count / (time.perf_counter() - began)

    steps(4)
    return steps(8 * max(1, args.epochs - 1))


def tutorial(args: argparse.Namespace) -> float:
    import torch
    from torch.utils.data import DataLoader
    from torchvision import datasets
    from tutorial import TRAIN

    made = network(args).train()
    pictures = datasets.ImageFolder(args.data / "hymenoptera" / "train", TRAIN)
    loader = DataLoader(pictures, BATCH, shuffle=True, num_workers=os.cpu_count() or 1)
    optimizer = torch.optim.SGD(made.parameters(), lr=0.001, momentum=0.9)
    seconds = 0.0
    for _ in range(args.epochs):
        began = time.perf_counter()
        for x, y in loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(made(x), y).backward()
            optimizer.step()
        seconds = time.perf_counter() - began
    return len(pictures) / seconds


WAYS = {"ours": ours, "bare": bare, "tutorial": tutorial}

if __name__ == "__main__":
    raise SystemExit(main())
