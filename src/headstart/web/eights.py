"""Weights in 8 bits: of each output channel a scale, and for each weight one of 255 steps (docs/decisions/0089)."""

from __future__ import annotations

import numpy as np

FROM = 140_000  # weights of a layer; those of smaller ones need more than 8 bits
_MOST = 127
_FINE = 0.5  # the share of the first step in an even one: most weights are small


def steps() -> np.ndarray:
    """float64 [255]: what the codes −127 to 127 stand for, −1 to 1; finer about 0."""
    t = np.arange(-_MOST, _MOST + 1) / _MOST
    return t * (_FINE + (1 - _FINE) * t * t)


def rounded(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(codes int8 of weight's shape, scale float32 [C]): weight [C, ...] is about steps()[127 + codes] · scale.

    Each channel's errors cancel out: what enters a layer is above zero on the whole, so that their sum would shift the
    channel (Guo et al. 2022, "SQuant").
    """
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    scale = np.maximum(np.abs(rows).max(axis=1), 1e-12)
    codes = np.stack([_row(row) for row in rows / scale[:, None]])
    return (codes - _MOST).astype(np.int8).reshape(weight.shape), scale.astype(np.float32)


def _row(row: np.ndarray) -> np.ndarray:
    """int64 [D], 0 to 254: the nearest steps, some moved by one so that their errors sum to about 0."""
    table = steps()
    near = np.searchsorted((table[1:] + table[:-1]) / 2, row)
    error = table[near] - row
    beside = np.clip(near + (1 if error.sum() < 0 else -1), 0, len(table) - 1)
    moved = table[beside] - table[near]
    worse = ((error + moved) ** 2 - error**2) / np.maximum(np.abs(moved), 1e-12)
    order = np.argsort(worse, kind="stable")
    left = np.abs(error.sum() + np.concatenate([[0.0], np.cumsum(moved[order])]))
    some = order[: left.argmin()]
    near[some] = beside[some]
    return near
