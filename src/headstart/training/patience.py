"""Patience: when a training has gone on for too long, and which epoch's weights are worth keeping.

A score on few pictures is noisy, and an early epoch at a high rate may be lucky: with 49 selection pictures of
hymenoptera the best score came after epoch 2, and the network of epoch 30 named 7 in 100 more report pictures rightly.
So an epoch counts as worse only where its score lies below the 95 % interval of the best one.
"""

from __future__ import annotations

from collections.abc import Sequence

from headstart.intervals import wilson


def worse(score: float, best: float, n: int) -> bool:
    """Whether an accuracy on n pictures is clearly below another."""
    return score < wilson(best * n, n)[0]


def ended(scores: Sequence[float], patience: int, n: int) -> bool:
    """Whether the last `patience` ≥ 1 epochs are all clearly worse than the best before them; never where it is 0."""
    if not 0 < patience < len(scores):
        return False
    best = max(scores[:-patience])
    return all(worse(score, best, n) for score in scores[-patience:])


def chosen(scores: Sequence[float], n: int) -> int:
    """The place of the epoch to keep: the last one, or where that is clearly worse the best, the first of equals."""
    best = max(scores)
    return scores.index(best) if worse(scores[-1], best, n) else len(scores) - 1
