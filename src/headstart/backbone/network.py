"""Network: a torch module together with what the place it comes from says of it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from headstart.backbone import weights
from headstart.backbone.backbone import Source
from headstart.backbone.entry import Entry
from headstart.data.preprocess import Preprocess


@dataclass(frozen=True)
class Network:
    """taps: modules whose outputs are the default cuts, in no particular order; head: the classifier's name;
    notes: what is to be said of how its weights were found."""

    module: nn.Module
    preprocess: Preprocess
    source: Source
    taps: tuple[str, ...]
    head: str
    notes: tuple[str, ...] = ()


def offered(name: str, origin: str, image_size: int, *, here: bool) -> Entry:
    """The line of a network that a library offers."""
    note = "on this machine" if here else "downloaded on first use"
    return Entry(f"{origin}:{name}", origin, image_size, here, note)


def nearest(name: str, known: Sequence[str], family: str) -> str:
    """What a line about an unknown network ends with: the names nearest to it, or where all stand."""
    plain = list(dict.fromkeys(entry.partition(".")[0] for entry in known))  # without weights' tags
    near = difflib.get_close_matches(name.partition(".")[0], plain, n=2, cutoff=0.75)
    hint = f"did you mean {' or '.join(f'{family}:{entry}' for entry in near)}? " if near else ""
    return f"{hint}`headstart backbones {family}` lists them"


def read(file: str | None) -> weights.Stored | None:
    """What a local weights file holds, None without one. Raises WeightsError."""
    return None if file is None else weights.read(Path(file))


def given(network: Network, stored: weights.Stored | None, *, pretrained: bool) -> Network:
    """`network` as a weights file wants it: without a classifier where the file has none; filled where `pretrained`.

    Raises WeightsError where the file does not fit.
    """
    if stored is None:
        return network
    module, head = network.module, network.head
    stored = weights.named_for(stored, module, head)
    if (body := weights.headless(stored, module, head)) is not None:
        module.set_submodule(head, nn.Identity())
        stored = body
    if pretrained:
        weights.fit(module, stored)
    return replace(network, notes=stored.notes)
