"""Limits: how much a request may bring, how long it may take, and how many there may be."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1_000_000
HEAD = 16 << 10  # bytes of a request's line and headers
HEAD_SECONDS = 10  # in which these have to come
CONNECTIONS = 1000
REQUESTS = 256  # at the same time
WAITING = 1024  # prepared pictures that wait for the network
KEEP_ALIVE = 20  # seconds that a connection stays open on which nothing is asked
BODIES = 4  # as many bodies of the largest size may be held at the same time


@dataclass(frozen=True)
class Limits:
    """body: bytes of a request; pixels of a picture; pictures of a request; seconds from its head to its answer."""

    body: int = 64 * MB
    pixels: int = 100 * MB
    pictures: int = 256
    seconds: float = 60

    def to_dict(self) -> dict[str, float]:
        return dict(vars(self))
