"""What a network is trained on, and how a run goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from headstart.backbone import Backbone
from headstart.data.dataset import Dataset
from headstart.data.preprocess import Preprocess
from headstart.planning.plan import Plan
from headstart.runtime import Resolved
from headstart.training.batches import Pictures
from headstart.training.epoch import Epoch


@dataclass(frozen=True)
class Settings:
    """How a run goes that leaves its result alone: device, decode workers, limits, where checkpoints lie.

    threads      those that the network trains in; 0 is as many as are fastest
    time_limit   seconds for this training, or None: decoding, timing and scoring are inside it; steps that would not
                 fit are taken off the schedule
    checkpoints  folder for resumable state, or None
    resume       continue from what lies there
    on_epoch     told of every epoch as it ends
    """

    device: str = "auto"
    workers: int = 0
    threads: int = 0
    time_limit: float | None = None
    checkpoints: Path | None = None
    resume: bool = False
    on_epoch: Callable[[Epoch], None] = field(default=lambda epoch: None)


@dataclass(frozen=True)
class Task:
    """What a network is trained on.

    labels int64 [N] for all pictures; train, selection: index arrays; class_weights float32 [C] or None;
    fingerprint: stands for the pictures' contents, so that a checkpoint knows its own.
    """

    pictures: Pictures
    preprocess: Preprocess
    labels: np.ndarray
    train: np.ndarray
    selection: np.ndarray
    class_weights: np.ndarray | None = None
    fingerprint: str = ""

    @property
    def learnt(self) -> np.ndarray:
        """Training pictures, int64, spread over all of them, and as many as there are selection pictures, where there
        are so many: what the network knows of these is held against what it knows of those."""
        count = min(len(self.train), len(self.selection))
        return self.train[np.linspace(0, len(self.train) - 1, count).round().astype(np.int64)]


def task_of(
    plan: Plan,
    backbone: Backbone,
    dataset: Dataset,
    train: np.ndarray,
    selection: np.ndarray,
    execution: Resolved,
) -> Task:
    """What a network is trained on, and how its classes weigh."""
    labels, preprocess = dataset.labels, backbone.preprocess
    weights = None
    if plan.class_weight == "balanced":
        counts = np.maximum(np.bincount(labels[train], minlength=len(dataset.classes)), 1)
        weights = (len(train) / (len(counts) * counts)).astype(np.float32)
    pictures = Pictures(dataset.pictures, preprocess, execution.workers, truncated=dataset.truncated)
    return Task(pictures, preprocess, labels, train, selection, weights, dataset.fingerprint)
