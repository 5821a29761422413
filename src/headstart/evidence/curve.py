"""The learning curve as a power law (Hestness et al. 2017): what more pictures would come to, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from headstart.evidence.facts import CurvePoint, Reach

_SIGMA = 1.96


def reach(curve: Sequence[CurvePoint], n: int) -> Reach | None:
    """The accuracy that n training pictures would come to; None where all points have the same number of pictures.

    The law is error = b · n^−a with a ≥ 0, fitted by weighted least squares to the logarithms. Three points cannot tell
    whether the curve bends, and the interval does not allow for it.
    """
    if not _several(curve):
        return None
    (height, slope), covariance = _power_law(curve)
    ahead = math.log(n / curve[-1].n)
    at = np.array([1.0, ahead])
    spread = _SIGMA * math.sqrt(float(at @ covariance @ at))
    middle = height + slope * ahead
    low, expected, high = (1 - min(1.0, math.exp(middle + sign * spread)) for sign in (1, 0, -1))
    return Reach(n, expected, low, high)


def exponent(curve: Sequence[CurvePoint]) -> float:
    """a ≥ 0 of the law error = b · n^−a; 0 where all points have the same number of pictures."""
    return max(0.0, -_power_law(curve)[0][1]) if _several(curve) else 0.0


def gained(error: float, exponent: float, more: float) -> float:
    """By how much an error that falls as n^−exponent gets smaller with `more` times as many pictures."""
    return error * (1 - more**-exponent)


def _several(curve: Sequence[CurvePoint]) -> bool:
    return len({point.n for point in curve}) > 1


def _power_law(curve: Sequence[CurvePoint]) -> tuple[tuple[float, float], np.ndarray]:
    """((log of the error at the last point, slope ≤ 0 over log n), their covariance [2, 2])."""
    # No error is less: all points are judged by the same pictures.
    least = 0.5 / max(point.n for point in curve)
    wrong = np.array([max(1 - point.accuracy, least) for point in curve])
    error = np.array([max(point.error, least) for point in curve]) / wrong  # of log(wrong)
    steps = np.log([point.n / curve[-1].n for point in curve])
    design = np.stack([np.ones(len(curve)), steps], axis=1) / error[:, None]
    covariance = np.linalg.inv(design.T @ design)
    height, slope = covariance @ design.T @ (np.log(wrong) / error)
    if slope > 0:  # more pictures do no harm: the level is that of all points
        slope, height = 0.0, float((np.log(wrong) / error**2).sum() / (1 / error**2).sum())
    return (float(height), float(slope)), covariance
