"""Maps of any resolution on one grid: what a place says is shared out or gathered, and the sum stays what it was."""

from __future__ import annotations

import functools

import numpy as np

from headstart.extraction.maps import square

CELL = 16  # pixels of the network's input that a cell of the grid is wide, about
FEWEST, MOST = 8, 16  # cells a side


def side_of(size: int) -> int:
    """Cells a side of the grid over an input of size × size pixels."""
    return min(MOST, max(FEWEST, size // CELL))


def on_grid(x: np.ndarray, side: int) -> np.ndarray:
    """float32 [N, h, w] → [N, side, side], each picture's sum unchanged."""
    down, across = _shares(x.shape[1], side), _shares(x.shape[2], side)
    return np.einsum("ip,npq,jq->nij", down, x, across, optimize=True).astype(np.float32)


def enlarged(x: np.ndarray, side: int) -> np.ndarray:
    """float32 [h, w] → [side, side], between cells by straight lines; a level, not a sum, stays what it was."""
    down, across = _lines(x.shape[0], side), _lines(x.shape[1], side)
    return (down @ x @ across.T).astype(np.float32)


def squared(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(maps [N, h, w], what has no place [N]) of what places say, [N, h, w]; tokens in one row are laid out as the
    square that they were made of, and those before it (a class token) have no place."""
    n, height, width = x.shape
    if height > 1 or width == 1:
        return (x, np.zeros(n, x.dtype)) if width > 1 else (np.zeros_like(x), x.sum((1, 2)))
    placed, before = square(x)
    return placed, before.sum(1)


@functools.cache
def _shares(old: int, new: int) -> np.ndarray:
    """float64 [new, old]: how much of each old cell goes to each new one; columns sum to 1."""
    if new >= old:
        found = _lines(old, new)
    else:
        edges = np.arange(new + 1) * old / new
        cells = np.arange(old)
        found = np.clip(np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells), 0, None)
    return found / found.sum(0)


@functools.cache
def _lines(old: int, new: int) -> np.ndarray:
    """float64 [new, old]: straight lines between the centres of the old cells; rows sum to 1."""
    at = ((np.arange(new) + 0.5) * old / new - 0.5).clip(0, old - 1)
    return np.clip(1 - np.abs(at[:, None] - np.arange(old)), 0, None)
