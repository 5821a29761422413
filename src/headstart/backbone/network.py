"""Network: a torch module together with what the place it comes from says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from headstart.backbone import weights
from headstart.backbone.backbone import Source
from headstart.data.preprocess import Preprocess


@dataclass(frozen=True)
class Network:
    """taps: modules whose outputs are the default cuts, in no particular order; head: the classifier's name."""

    module: nn.Module
    preprocess: Preprocess
    source: Source
    taps: tuple[str, ...]
    head: str


@dataclass(frozen=True)
class Entry:
    """A line of `headstart backbones`."""

    name: str
    origin: str
    note: str


def fill(module: nn.Module, file: str) -> None:
    """Loads a local weights file into `module`. Raises WeightsError."""
    weights.fit(module, weights.read(Path(file)), f"weights {file}")


def stored_outputs(file: str | None, head: str) -> int | None:
    """Outputs of the classifier stored in a weights file: networks trained on other classes load too."""
    if file is None:
        return None
    tensor = weights.read(Path(file)).get(f"{head}.weight")
    return None if tensor is None else tensor.shape[0]
