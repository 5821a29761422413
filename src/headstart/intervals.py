"""Intervals and paired comparisons for accuracies.

Pictures of one group (one patient, one sign) tend to be right or wrong together, so that N of them say less than N
single ones. Every function here takes the groups and allows for that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Z95 = 1.959963984540054
_AT_ONCE = 4_000_000  # numbers of a bootstrap that are held at once
_T95 = {1: 12.706204736432095, 2: 4.302652729696142}


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval for `hits` of `n` (E. B. Wilson 1927), in [0, 1]; (0, 1) where n is 0."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    # The share lies in it, whatever the last digit was rounded to.
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


@dataclass(frozen=True)
class Score:
    """An accuracy in [0, 1] on n pictures of so many groups, and its 95 % interval; both None where n is 0."""

    accuracy: float | None
    n: int
    groups: int
    interval: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Score:
        """to_dict() undone."""
        return Score(**{**values, "interval": values["interval"] and tuple(values["interval"])})


def score(correct: np.ndarray, groups: np.ndarray | None = None) -> Score:
    """Of pictures right or wrong, bool [N], that belong to groups int64 [N]; without them each stands alone."""
    n = len(correct)
    return Score(
        accuracy=float(correct.mean()) if n else None,
        n=n,
        groups=n if groups is None else len(np.unique(groups)),
        interval=proportion(correct, groups) if n else None,
    )


def proportion(correct: np.ndarray, groups: np.ndarray | None = None) -> tuple[float, float]:
    """The 95 % interval of an accuracy, in [0, 1]: Wilson's, for the effective number of pictures.

    correct bool [N], groups int64 [N]. Without groups, or where each is one picture, it is wilson() itself; it is never
    narrower than that.
    """
    hits, n = int(np.sum(correct)), len(correct)
    if groups is None or n == 0:
        return wilson(hits, n)
    worth = effective(correct, groups)
    return wilson(hits / n * worth, worth)


def effective(correct: np.ndarray, groups: np.ndarray) -> float:
    """The effective number of pictures: as many single ones would say as much of the accuracy. From 0 to N.

    correct bool [N], groups int64 [N]. It is N over the design effect (Kish 1965; Rao & Scott 1992), times the squared
    ratio of t's quantiles for N − 1 and G − 1 degrees of freedom, since a variance of few groups is itself uncertain
    (Korn & Graubard 1998). G groups of unequal sizes count as fewer. One group of several pictures says nothing: 0.
    """
    _, code = np.unique(groups, return_inverse=True)
    n, sizes = len(correct), np.bincount(code)
    count = len(sizes)
    if count == n:
        return float(n)
    if count == 1:
        return 0.0
    equal = n**2 / float(
        (sizes.astype(np.float64) ** 2).sum()
    )  # groups of one size that say as much: Kish's number
    worth = n / _design_effect(np.bincount(code, weights=correct), sizes, equal / count)
    return min(float(n), worth * (_t95(n - 1) / _t95(max(1, round(equal) - 1))) ** 2)


def frames(correct: np.ndarray, groups: np.ndarray, totals: tuple[int, int, float]) -> float:
    """The effective number of all pictures, where some of them were measured: from the number of groups to N.

    correct bool [M], groups int64 [M]: of those measured. totals: (N, groups, mean size of the group that a picture
    stands in) of all. What is alike in a group stays alike; larger groups make it weigh more (Kish 1965).
    """
    n, count, size = totals
    _, code = np.unique(groups, return_inverse=True)
    sizes = np.bincount(code)
    seen = float((sizes.astype(np.float64) ** 2).sum() / sizes.sum())
    if count == n or seen == 1:
        return float(n)
    even = sizes.sum() / seen / len(sizes)
    effect = _design_effect(np.bincount(code, weights=correct), sizes, even) if len(sizes) > 1 else seen
    alike = min(1.0, (effect - 1) / (seen - 1))
    return float(np.clip(n / (1 + (size - 1) * alike), count, n))


def _design_effect(hits: np.ndarray, sizes: np.ndarray, even: float) -> float:
    """The variance of an accuracy over that of as many single pictures, ≥ 1 (Kish 1965).

    hits, sizes [G ≥ 2]: right pictures and all pictures of each group; even: 1 where all groups are of one size, less
    where some outweigh others.

    It is a mean of two numbers. One is the measured, cluster-robust effect. The other holds where the pictures of a
    group are always right or wrong together. The measured one weighs as much as the groups that tell of it: those that
    hold the rarer answer, since a set without errors looks the same whatever its groups are worth. The other weighs as
    much as one group. Without it, of 27 groups of 20 at an accuracy of 95 % the interval held the truth in 83 to 94 of
    100 draws; with it in 96 or more.
    """
    n, count = sizes.sum(), len(sizes)
    alike = float((sizes.astype(np.float64) ** 2).sum() / n)  # where a group is right or wrong as a whole
    telling = even * int(min((hits > 0).sum(), (hits < sizes).sum()))
    if telling == 0:
        return alike
    share = hits.sum() / n
    between = count / (count - 1) * ((hits - share * sizes) ** 2).sum() / n**2
    measured = max(1.0, float(between / (share * (1 - share) / (n - 1))))
    return (telling * measured + alike) / (telling + 1)


def _t95(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, by its expansion in 1 / freedom (Abramowitz & Stegun 26.7.5)."""
    if freedom in _T95:
        return _T95[freedom]
    z, v = Z95, float(freedom)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def shrunk(measured: float, error: float, mean: float, spread: float) -> float:
    """What to expect of a difference that was measured with a standard error: the mean of the normal posterior.

    mean, spread > 0: of the prior, such differences' mean and standard deviation. An infinite error leaves the prior's.
    """
    if math.isinf(error):
        return mean
    return mean + spread**2 / (spread**2 + error**2) * (measured - mean)


def optimism(correct: np.ndarray, groups: np.ndarray, rounds: int = 200, seed: int = 0) -> float:
    """By how much the best of K accuracies is too good, since it was picked by the pictures it is measured on; ≥ 0.

    correct bool [N, K], groups int64 [N]. The bootstrap's estimate of that bias (Efron 1983): draw whole groups with
    replacement, pick the best column of the draw, and see how much better it is in the draw than on all pictures. The
    mean of that over the draws is the answer. Of equal columns the first counts as the best.
    """
    _, code = np.unique(groups, return_inverse=True)
    hits = np.stack([np.bincount(code, weights=column) for column in correct.T], axis=1)  # [G, K]
    sizes = np.bincount(code).astype(np.float64)
    drawn = [(part @ hits) / (part @ sizes)[:, None] for part in drawings(len(sizes), rounds, seed)]
    there, here = hits.sum(axis=0) / sizes.sum(), np.concatenate(drawn)
    best, picked, draw = int(there.argmax()), here.argmax(axis=1), np.arange(rounds)
    # Against the best of all in the same draw, whose own error in it would be mere noise.
    ahead = (here[draw, picked] - here[:, best]) - (there[picked] - there[best])
    return max(0.0, float(ahead.mean()))


def drawings(groups: int, rounds: int, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each group is drawn where as many as there are are drawn with replacement: a bootstrap over groups.

    float64 [r, G], part by part, `rounds` rows in all: of 70,000 pictures 500 rows at once would be 280 MB.
    """
    rng, each = np.random.default_rng(seed), max(1, _AT_ONCE // groups)
    for start in range(0, rounds, each):
        some = min(each, rounds - start)
        yield rng.multinomial(groups, np.full(groups, 1 / groups), some).astype(np.float64)


def beyond(difference: float, error: float) -> bool:
    """Whether a difference is more than its standard error; one picture's difference is its own error, and is not."""
    return difference > error and not math.isclose(difference, error)


def paired(first: np.ndarray, second: np.ndarray, groups: np.ndarray | None = None) -> tuple[float, float]:
    """(mean of `first − second` over the same N pictures, its standard error).

    first, second: bool or float [N], right or wrong picture by picture. With `groups` int64 [N] the error is the
    cluster-robust one, in which a group is one draw. It is infinite where there is but one.
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
