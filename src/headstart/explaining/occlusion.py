"""Occlusion: squares of the picture are made grey one after another, and the probability is seen to drop or not.

Zeiler & Fergus 2014. It knows nothing of the network, and so is the check on whatever does.
"""

from __future__ import annotations

import numpy as np

from headstart import progress
from headstart.explaining.exam import Ask, mixed

SQUARE = 3  # cells a side; squares lie a cell apart, and stand over the edge


def occlusion(
    ask: Ask, frames: np.ndarray, classes: np.ndarray, side: int, *, grey: np.ndarray
) -> np.ndarray:
    """float32 [N, side, side]: by how much the probability of `classes`, int64 [N], drops where a cell of frames
    uint8 [N, S, S, 3] is covered: the mean of all squares over it. grey: uint8 [3]. It asks (side + 2)² times a frame.
    """
    squares = _squares(side)
    spread = squares.reshape(len(squares), -1) / squares.sum(0).reshape(-1)
    found = []
    with progress.bar("covering", len(frames)) as bar:
        for frame, wanted in zip(frames, classes, strict=True):
            many = np.broadcast_to(frame, (len(squares), *frame.shape))
            covered = mixed(many, np.broadcast_to(grey, many.shape), squares)
            asked = ask(np.concatenate([frame[None], covered]))[:, wanted]
            found.append(((asked[0] - asked[1:]) @ spread).reshape(side, side))
            bar.advance()
    return np.stack(found).astype(np.float32)


def _squares(side: int) -> np.ndarray:
    """bool [Q, side, side]: every square that covers a cell."""
    reach = SQUARE - 1
    cell = np.arange(side)
    within = [(cell >= start) & (cell < start + SQUARE) for start in range(-reach, side)]
    return np.stack([down[:, None] & across for down in within for across in within])
