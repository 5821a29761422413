"""Temperature: scores are divided by one number, so that "sure 90 %" is right 90 times in 100 (Guo et al. 2017)."""

from __future__ import annotations

import numpy as np

from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import log_softmax

FEWEST = 30  # groups of pictures that were held out; of fewer no temperature can be told
LOWEST, HIGHEST = 0.05, 100.0
_STEPS, _NEAR = 60, 1e-7  # at most; and the relative step that is the last. Six or seven are usual


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
    behind = held_out.log_p - held_out.log_p.max(axis=1, keepdims=True).astype(np.float64)
    own = float(behind[np.arange(len(labels)), labels].sum())
    gap = float(np.median(-np.partition(behind, -2, axis=1)[:, -2]))
    low, high, cold = 1 / HIGHEST, 1 / LOWEST, 1.0
    for _ in range(_STEPS):
        slope, bend = _slope(behind, own, gap, cold)
        low, high = (low, cold) if slope > 0 else (cold, high)
        newton = cold - slope / bend if bend > 0 else high
        last, cold = cold, newton if low < newton < high else float(np.sqrt(low * high))
        if abs(cold - last) <= _NEAR * last:
            break
    return 1 / cold


def _slope(behind: np.ndarray, own: float, gap: float, cold: float) -> tuple[float, float]:
    """The first and second derivative of the log-loss by 1 / temperature, in which it is convex: the first is above 0
    where that is too high. behind float64 [M, C]: log-probabilities less the row's highest; own: the sum of theirs."""
    share = np.exp(behind * cold)
    share /= share.sum(axis=1, keepdims=True)
    mean = np.einsum("ij,ij->i", share, behind)
    square = np.einsum("ij,ij,ij->", share, behind, behind)
    second = 1 / (1 + np.exp(-gap * cold))  # of two classes, `gap` apart, the second was right
    slope = mean.sum() - own + gap * second
    return float(slope), float(square - mean @ mean + gap**2 * second * (1 - second))
