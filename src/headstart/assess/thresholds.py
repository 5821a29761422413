"""The threshold for a wanted sensitivity, from training pictures that were named by heads which had not seen them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from headstart.errors import DataError
from headstart.model.decision import Threshold

DRAWS = 1000  # of the bootstrap


def thresholds(
    wanted: Mapping[str, float],
    classes: tuple[str, ...],
    probabilities: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
) -> tuple[Threshold, ...]:
    """One for each wanted sensitivity, class → share, in their order.

    probabilities float [M, C] of held-out training pictures, labels and groups int64 [M]. A picture that an earlier
    class takes is lost to a later one. Raises DataError where a class has no pictures, or the sensitivity is out of
    reach beside the earlier classes.
    """
    found: list[Threshold] = []
    taken = np.zeros(len(labels), bool)
    for name, share in wanted.items():
        place = classes.index(name)
        own = labels == place
        if not own.any():
            raise DataError(
                f"sensitivity {name}={share:g}: no training picture of it was held out; add pictures"
            )
        scores = np.where(taken, -1.0, probabilities[:, place])
        one = threshold(name, share, scores, own, groups)
        if one.value < 0:
            earlier = " and ".join(f"{before.name}={before.wanted:g}" for before in found)
            raise DataError(
                f"sensitivity {name}={share:g}: out of reach beside {earlier}, called from more of its pictures than "
                "that leaves; ask for less of one of them"
            )
        taken |= scores >= one.value
        found.append(one)
    return tuple(found)


def threshold(
    name: str, wanted: float, scores: np.ndarray, own: np.ndarray, groups: np.ndarray, seed: int = 0
) -> Threshold:
    """From which probability on a share of `wanted` of new pictures of the class is expected to be called so.

    scores float [M]: the class's probability; own bool [M]: whether it is right; groups int64 [M]. Of n pictures as
    likely as a new one, the k-th highest is reached by a new one in k of n + 1 cases: so k is the least whole number
    with k / (n + 1) ≥ wanted (as in split-conformal prediction, Vovk et al. 2005), and n where there is none. Groups
    stand for pictures in n, since those of one group go wrong together: the threshold is that of the same share of the
    pictures. From there it goes down as far as it costs nothing: halfway to the next picture of another class.
    """
    value = _value(wanted, np.sort(scores[own])[::-1], scores[~own], len(np.unique(groups[own])))
    low, high = _interval(wanted, scores, own, groups, seed)
    reached = float((scores[own] >= value).mean())
    return Threshold(name, wanted, value, min(low, value), max(high, value), int(own.sum()), reached)


def needed(wanted: float, n: int) -> int:
    """How many of n groups a threshold must reach; more than n where they are too few to be sure of it."""
    return math.ceil(wanted * (n + 1) - 1e-9)


def _value(wanted: float, falling: np.ndarray, others: np.ndarray, groups: int) -> float:
    """falling: the class's pictures, the most probable first, of so many groups; others: all that are not of it."""
    place = min(groups, needed(wanted, groups))
    least = falling[-(-place * len(falling) // groups) - 1]
    if least < 0:
        return float(least)
    next_below = max(0.0, others[others < least].max(initial=0.0))
    lowest = falling[falling > next_below].min(initial=least)
    return float((lowest + next_below) / 2)


def _interval(
    wanted: float, scores: np.ndarray, own: np.ndarray, groups: np.ndarray, seed: int
) -> tuple[float, float]:
    """Where the threshold falls in 95 of 100 draws of whole groups with replacement."""
    _, code = np.unique(groups, return_inverse=True)
    order = np.argsort(-scores, kind="stable")
    falling, mine, code = scores[order], own[order], code[order]
    count = int(code.max()) + 1
    with_own = np.unique(code[mine])
    rng, found = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        drawn = np.bincount(rng.integers(0, count, count), minlength=count)
        times, of = drawn[code], int(drawn[with_own].sum())
        if of:
            value = _value(wanted, np.repeat(falling[mine], times[mine]), falling[~mine & (times > 0)], of)
            found.append(max(0.0, value))
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)
