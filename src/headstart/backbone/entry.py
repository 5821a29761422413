"""Entry: a line of `headstart backbones`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A network that can be had. image_size: the side of its input in pixels; here: whether its weights lie on this
    machine; note: what else is to be said."""

    name: str
    origin: str
    image_size: int
    here: bool
    note: str
