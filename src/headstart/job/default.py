"""The network that a job takes where none is named, by how large its pictures are.

On photos of 375 pixels lite0 is 10.5 ± 3.1 points ahead of `small`, frozen; on those of 32 pixels by 4.5 ± 1.0
(cifar10) and 2.7 ± 0.9 (gtsrb), at several times the cost (benchmarks/README.md). The threshold was set before these
two were measured, and does not follow from them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headstart import data
from headstart.job.options import DEFAULT_BACKBONE, SMALL_BACKBONE

LEAST = 48  # pixels of the median shorter side from which lite0 is taken


@dataclass(frozen=True)
class Default:
    """side: the median shorter side of the pictures in pixels; None where it is not known."""

    network: str
    side: float | None

    def __str__(self) -> str:
        """Which network and why, in one sentence."""
        if self.side is None:
            return f"The network is {self.network}, the default: how large the pictures are, is not known."
        compared = "under" if self.side < LEAST else "at least"
        return (
            f"The network is {self.network}, the default for pictures whose median shorter side is {compared} "
            f"{LEAST} pixels; here it is {self.side:g}."
        )


def choose(source: str | Path | tuple[Any, ...], without: Collection[str] = ()) -> Default:
    """The network for the pictures of `source`, by the headers of some of them; without: classes that are left out.

    Raises DataError.
    """
    side = data.shorter_side(source, without)
    return Default(SMALL_BACKBONE if side is not None and side < LEAST else DEFAULT_BACKBONE, side)
