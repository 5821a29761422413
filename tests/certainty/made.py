"""Made-up held-out pictures whose certainty is known."""

from __future__ import annotations

import numpy as np

from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import log_softmax


def honest(n: int, classes: int = 5, seed: int = 0) -> tuple[HeldOut, np.ndarray, np.ndarray]:
    """(held out, labels, groups): labels are drawn from the very probabilities that are told."""
    rng = np.random.default_rng(seed)
    log_p = log_softmax(2 * rng.normal(size=(n, classes))).astype(np.float32)
    drawn = rng.random((n, 1)) > np.exp(log_p).cumsum(axis=1)
    labels = np.minimum(drawn.sum(axis=1), classes - 1)
    return HeldOut(np.arange(n), log_p), labels, np.arange(n)
