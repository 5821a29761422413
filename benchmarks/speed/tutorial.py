"""python tutorial.py HYMENOPTERA WEIGHTS: PyTorch's transfer learning tutorial, the network as fixed feature extractor.

Its loop, transforms and settings: batches of 4, SGD at 0.001 with momentum 0.9, 25 epochs, a look at val after each,
four workers made two on two cores. JSON with the best val accuracy, which is what the tutorial keeps.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import timm
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

EPOCHS, BATCH = 25, 4
SCALE = transforms.Normalize([0.5] * 3, [0.5] * 3)  # these weights', not ImageNet's
TRAIN = transforms.Compose(
    [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor(), SCALE]
)
VAL = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), SCALE])


def main() -> int:
    folder, weights = Path(sys.argv[1]), sys.argv[2]
    torch.manual_seed(0)
    network = timm.create_model(
        "mobilenetv2_100", pretrained=True, pretrained_cfg_overlay={"file": weights}, pad_type="same"
    )
    for parameter in network.parameters():
        parameter.requires_grad = False
    network.classifier = nn.Linear(network.num_features, 2)
    parts = {"train": TRAIN, "val": VAL}
    loaders = {
        name: DataLoader(
            datasets.ImageFolder(folder / name, transform),
            BATCH,
            shuffle=True,
            num_workers=min(4, os.cpu_count() or 1),
        )
        for name, transform in parts.items()
    }
    optimizer = torch.optim.SGD(network.classifier.parameters(), lr=0.001, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    best = 0.0
    for _ in range(EPOCHS):
        train(network, loaders["train"], optimizer)
        schedule.step()
        best = max(best, accuracy(network, loaders["val"]))
    print(json.dumps({"accuracy": best}))
    return 0


def train(network: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer) -> None:
    network.train()
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()


@torch.no_grad()
def accuracy(network: nn.Module, loader: DataLoader) -> float:
    network.eval()
    hits = sum(int((network(x).argmax(1) == y).sum()) for x, y in loader)
    return hits / len(loader.dataset)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    raise SystemExit(main())
