"""What short trials share: a network trained from random weights, and how many of the pictures asked about it names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from headstart.backbone import folder as folders
from headstart.data.dataset import Dataset
from headstart.data.preprocess import Preprocess
from headstart.planning.recipe import Recipe
from headstart.source.pretrain import MEAN, RECIPE, STD, parameter_groups
from headstart.training import loop, scoring
from headstart.training.batches import Pictures
from headstart.training.epoch import Epoch
from headstart.training.task import Settings, Task


def preparation(size: int, resize: int | None = None, interpolation: str = "bicubic") -> Preprocess:
    """Shorter side to `resize`, then the centre `size`."""
    return Preprocess(size, resize or size, interpolation, MEAN, STD)


def recipe(**changes: Any) -> Recipe:
    """`headstart pretrain`'s, with changes."""
    return replace(RECIPE, **changes)


def task(dataset: Dataset, train: np.ndarray, shown: Preprocess, kept: Preprocess | None = None) -> Task:
    """Pictures shown as `shown` says; in memory they lie as `kept` says, where training wants them larger."""
    pictures = Pictures(dataset.paths, kept or shown)
    return Task(pictures, shown, dataset.labels, train, np.array([], np.int64))


def trained(
    network: str, classes: int, work: Task, chosen: Recipe
) -> tuple[torch.nn.Module, tuple[Epoch, ...]]:
    """(the network in eval mode, its epochs); seed 0."""
    torch.manual_seed(0)
    made = folders.blank(network, classes)
    history = loop.train(made.module, parameter_groups(made), work, chosen, 0, Settings(), "trial")
    return made.module, history


def accuracy(network: torch.nn.Module, work: Task, index: np.ndarray) -> float:
    named = scoring.predict(network, work, index, torch.device("cpu")).argmax(1)
    return float((named == work.labels[index]).mean())
