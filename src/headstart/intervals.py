"""Intervals and paired comparisons for accuracies."""

from __future__ import annotations

import math

import numpy as np

Z95 = 1.959963984540054


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval for `hits` of `n` (E. B. Wilson 1927), in [0, 1]; (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def shrunk(measured: float, error: float, mean: float, spread: float) -> float:
    """What to expect of a difference that was measured with a standard error, where such differences lie about `mean`
    with a standard deviation of `spread` > 0: the mean of the normal posterior."""
    if math.isinf(error):
        return mean
    return mean + spread**2 / (spread**2 + error**2) * (measured - mean)


def optimism(correct: np.ndarray, groups: np.ndarray, rounds: int = 200, seed: int = 0) -> float:
    """How much the best of K accuracies owes to being picked by the pictures that it is measured on, ≥ 0.

    correct bool [N, K], groups int64 [N]. The bootstrap's estimate of bias (Efron 1983): whole groups are drawn with
    replacement, and by as much as the best of a draw looks better in that draw than it is among all, the best of all
    looks better here than it is. Of equal columns the first is taken for the best.
    """
    _, code = np.unique(groups, return_inverse=True)
    hits = np.stack([np.bincount(code, weights=column) for column in correct.T], axis=1)  # [G, K]
    sizes = np.bincount(code).astype(np.float64)
    drawn = np.random.default_rng(seed).multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), rounds)
    there, here = hits.sum(axis=0) / sizes.sum(), (drawn @ hits) / (drawn @ sizes)[:, None]
    best, picked, draw = int(there.argmax()), here.argmax(axis=1), np.arange(rounds)
    # Against the best of all in the same draw, whose own error in it would be mere noise.
    ahead = (here[draw, picked] - here[:, best]) - (there[picked] - there[best])
    return max(0.0, float(ahead.mean()))


def paired(first: np.ndarray, second: np.ndarray, groups: np.ndarray | None = None) -> tuple[float, float]:
    """Mean of `first − second` over the same N pictures, and its standard error.

    first, second: bool or float [N], right or wrong picture by picture. With `groups` int64 [N] the error is
    the cluster-robust one: pictures that belong together count as one draw, not many.
    """
    difference = first.astype(np.float64) - second.astype(np.float64)
    mean = float(difference.mean())
    centred = difference - mean
    if groups is not None:
        _, code = np.unique(groups, return_inverse=True)
        centred = np.bincount(code, weights=centred)
    draws = len(centred)
    if draws < 2:
        return mean, float("inf")
    return mean, float(math.sqrt((centred**2).sum() * draws / (draws - 1)) / len(difference))
