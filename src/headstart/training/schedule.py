"""What changes while a network trains: its rate, and the size of its pictures."""

from __future__ import annotations

import math

# Progressive resizing reaches the full size at this share of training; the rest is trained at it.
_FULL_AT = 0.75
_GRID = 8  # sizes are multiples of this many pixels: maps come out even at the usual strides
_LEAST_RATE = 1e-3


def rate(done: float, warmup: float) -> float:
    """Share of the peak rate at `done` in [0, 1] of all steps: linear warm-up, then a cosine down to (nearly) zero."""
    if done < warmup:
        return max(done / warmup, _LEAST_RATE)
    return max(0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup))), _LEAST_RATE)


def size(epoch: int, epochs: int, start: int, full: int) -> int:
    """Input side in pixels in `epoch` (from 0) of `epochs`: from `start` up to `full`, which the last ones have.

    Early epochs on small pictures cost a fraction and learn nearly as much (Tan & Le 2021). `start` 0 is `full`
    throughout.
    """
    done = epoch / max(epochs - 1, 1)
    if not start or done >= _FULL_AT or epoch == epochs - 1:
        return full
    grown = start + (full - start) * done / _FULL_AT
    return max(start, int(grown // _GRID) * _GRID)
