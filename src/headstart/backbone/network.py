"""Network: a torch module together with what the place it comes from says of it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
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


def nearest(name: str, known: Sequence[str], family: str) -> str:
    """What a line about an unknown network ends with: the names nearest to it, or where all stand."""
    plain = list(dict.fromkeys(entry.partition(".")[0] for entry in known))  # without weights' tags
    near = difflib.get_close_matches(name.partition(".")[0], plain, n=2, cutoff=0.75)
    hint = f"did you mean {' or '.join(f'{family}:{entry}' for entry in near)}? " if near else ""
    return f"{hint}`headstart backbones {family}` lists them"


def fill(module: nn.Module, file: str) -> None:
    """Loads a local weights file into `module`. Raises WeightsError."""
    weights.fit(module, weights.read(Path(file)), f"weights {file}")


def stored_outputs(file: str | None, head: str) -> int | None:
    """Outputs of the classifier stored in a weights file: networks trained on other classes load too."""
    if file is None:
        return None
    tensor = weights.read(Path(file)).get(f"{head}.weight")
    return None if tensor is None else tensor.shape[0]
