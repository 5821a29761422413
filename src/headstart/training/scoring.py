"""What a network in training makes of pictures as they are: on which device, and with what probabilities."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from headstart import runtime
from headstart.runtime.input import network_input
from headstart.training.task import Task


def device_of(name: str) -> torch.device:
    """ "auto" is CUDA, then MPS, then the CPU. Raises BackboneError where this machine lacks the device."""
    return torch.device(runtime.device_of(name))


@contextlib.contextmanager
def placed(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Within the block the network is on `device`; afterwards on the CPU, where networks are kept."""
    network.to(device)
    try:
        yield
    finally:
        network.to("cpu")


@dataclass(frozen=True)
class Scored:
    """accuracy in [0, 1] and mean cross-entropy loss of some pictures."""

    accuracy: float
    loss: float


def score(network: nn.Module, task: Task, index: np.ndarray, device: torch.device) -> Scored:
    """What predict() is worth on the N ≥ 1 pictures at `index`."""
    probabilities, labels = predict(network, task, index, device), task.labels[index]
    own = np.maximum(probabilities[np.arange(len(index)), labels], np.finfo(np.float32).tiny)
    accuracy = float((probabilities.argmax(1) == labels).mean())
    return Scored(accuracy, float(-np.log(own, dtype=np.float64).mean()))


@torch.inference_mode()
def predict(network: nn.Module, task: Task, index: np.ndarray, device: torch.device) -> np.ndarray:
    """Probabilities float32 [len(index), C] of the pictures at `index`, without augmentation, in eval mode.

    device: where the network is.
    """
    network.eval()
    out = []
    parts = np.array_split(index, max(1, -(-len(index) // 64)))
    for _, pictures in task.pictures.batches(parts, 0, 0, "none"):
        logits = network(network_input(task.preprocess, pictures, device))
        out.append(functional.softmax(logits.float(), dim=1).cpu().numpy())
    return np.concatenate(out)
