"""The network that a job takes where none is named, by how large and how many its pictures are.

Frozen, lite0 at 224 pixels is ahead of `small` by 10.5 ± 3.1 points on photos of 375 pixels, and by 4.5 ± 1.0
(cifar10) and 2.7 ± 0.9 (gtsrb) on pictures of 32; on digits of 8 it is behind by 1.4 ± 0.8. It costs 5 times as much
time, and far more where it is trained, which counts where pictures are many (benchmarks/README.md, lite0).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headstart import data
from headstart.job.options import DEFAULT_BACKBONE, SMALL_BACKBONE

LEAST = 32  # pixels of the median shorter side from which lite0 is ahead
WHOLE = 64  # up to here `small` sees every pixel
MANY = 2_500  # more are many: of so many the leads were measured, a fifth held out


@dataclass(frozen=True)
class Default:
    """sizes: how many pictures there are, and their median shorter side."""

    network: str
    sizes: data.Sizes

    def __str__(self) -> str:
        """Which network and why, in one sentence."""
        count, side = self.sizes.count, self.sizes.side
        opening = f"The network is {self.network}, the default"
        if side is None:
            return f"{opening}: how large the pictures are, is not known."
        if not LEAST <= side <= WHOLE:
            compared = f"under {LEAST}" if side < LEAST else f"over {WHOLE}"
            return (
                f"{opening} for pictures whose median shorter side is {compared} pixels; here it is {side:g}."
            )
        compared = "more than" if count > MANY else "up to"
        return (
            f"{opening} for {compared} {MANY:,} pictures whose median shorter side is {LEAST} to {WHOLE} pixels; "
            f"here are {count:,} of {side:g}."
        )


def choose(source: str | Path | tuple[Any, ...], without: Collection[str] = ()) -> Default:
    """The network for the pictures of `source`, by the headers of some of them; without: classes that are left out.

    Raises DataError.
    """
    sizes = data.sizes(source, without)
    return Default(SMALL_BACKBONE if _suits_small(sizes) else DEFAULT_BACKBONE, sizes)


def _suits_small(sizes: data.Sizes) -> bool:
    if sizes.side is None or sizes.side > WHOLE:
        return False
    return sizes.side < LEAST or sizes.count > MANY
