"""Temperature: scores are divided by one number, so that "sure 90 %" is right 90 times in 100 (Guo et al. 2017)."""

from __future__ import annotations

import numpy as np

from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import log_softmax

FEWEST = 30  # groups of pictures that were held out; of fewer no temperature can be told
LOWEST, HIGHEST = 0.05, 100.0
_STEPS = 40  # halvings of that range's logarithm


def tempered(log_p: np.ndarray, temperature: float) -> np.ndarray:
    """Logarithms of probabilities [N, C] at that temperature: 1 leaves them as they are, more makes them less sure."""
    return log_p if temperature == 1 else log_softmax(log_p / log_p.dtype.type(temperature))


def fitted(held_out: HeldOut | None, labels: np.ndarray, groups: np.ndarray) -> float | None:
    """The temperature at which the held-out pictures' own classes are likeliest: the smallest log-loss.

    labels, groups int64 [M]: of these M. None where they are too few to tell. One mistake more than was made is
    reckoned with, the typical picture's second class: of pictures that were all named rightly, nobody knows how often
    such a classifier errs (the rule of succession).
    """
    if held_out is None or len(np.unique(groups)) < FEWEST:
        return None
    log_p = held_out.log_p.astype(np.float64)
    own = log_p[np.arange(len(labels)), labels]
    gap = np.median(np.diff(np.sort(log_p, axis=1)[:, -2:], axis=1))
    low, high = np.log(LOWEST), np.log(HIGHEST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _slope(log_p, own, gap, np.exp(-middle)) > 0:
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))


def _slope(log_p: np.ndarray, own: np.ndarray, gap: float, cold: float) -> float:
    """The derivative of the log-loss by 1 / temperature, in which it is convex: above 0 where that is too high."""
    share = np.exp(log_softmax(log_p * cold))
    mistake = gap / (1 + np.exp(-gap * cold))  # of two classes, `gap` apart, the second was right
    return float(((share * log_p).sum(axis=1) - own).sum() + mistake)
