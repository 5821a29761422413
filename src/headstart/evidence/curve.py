"""The learning curve continued (Hestness et al. 2017): what more pictures would come to, with its interval.

The error falls as a power of the pictures, error = b · n^−a, but real curves flatten: the exponent ahead is AHEAD of
that behind. The constants are fitted to what twice and four times the pictures came to (benchmarks/more/judge.py),
so that 90 % intervals hold 90 to 93 % of what came, all sets that were left out pooled; of single sets 75 to 100 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from headstart.evidence.facts import CurvePoint, Reach

Z90 = 1.6448536269514722
AHEAD = 0.75  # of the exponent that was measured
LEVEL = 1.45  # times the standard error of the last point
SLOPE = 0.7  # times that same error is the paired one of first and last point
# What the exponent ahead is off by, as a share of the one behind; that is taken for GENTLE at least.
BEND, GENTLE = 0.3, 0.1


def reach(curve: Sequence[CurvePoint], n: int) -> Reach | None:
    """The accuracy that n training pictures would come to; None where all points have the same number of pictures."""
    if not _several(curve):
        return None
    last = curve[-1]
    return _reach(curve, n, max(1 - last.accuracy, _least(curve)), _uncertainty(curve), math.log(n / last.n))


def more(curve: Sequence[CurvePoint], times: float, accuracy: float, n: int) -> Reach | None:
    """What a model would come to with `times` as many training pictures as now; None where the curve has no slope.

    accuracy: in [0, 1], of the model on new pictures; n: its training pictures now. The interval is that of the gain:
    how far `accuracy` itself may be off is not in it.
    """
    if not _several(curve):
        return None
    return _reach(curve, round(times * n), 1 - accuracy, 0.0, math.log(times))


def exponent(curve: Sequence[CurvePoint]) -> float:
    """a ≥ 0 to expect of error = b · n^−a from the last point on; 0 where all have the same number of pictures."""
    if not _several(curve):
        return 0.0
    first, last = curve[0], curve[-1]
    fallen = math.log(max(1 - first.accuracy, _least(curve)) / max(1 - last.accuracy, _least(curve)))
    return AHEAD * max(0.0, fallen / math.log(last.n / first.n))


def gained(error: float, exponent: float, more: float) -> float:
    """By how much an error that falls as n^−exponent gets smaller with `more` times as many pictures."""
    return error * (1 - more**-exponent)


def _reach(curve: Sequence[CurvePoint], n: int, error: float, off: float, ahead: float) -> Reach:
    """error: the one that is continued by `ahead`, a logarithm; off: standard error of its own logarithm."""
    slope_off = SLOPE * _uncertainty(curve) / math.log(curve[-1].n / curve[0].n)
    bend = BEND * max(exponent(curve) / AHEAD, GENTLE)
    spread = Z90 * math.hypot(LEVEL * off, slope_off * ahead, bend * ahead)
    middle = error * math.exp(-exponent(curve) * ahead)
    low, high = (1 - min(1.0, middle * math.exp(sign * spread)) for sign in (1, -1))
    return Reach(n, 1 - middle, low, high)


def _several(curve: Sequence[CurvePoint]) -> bool:
    return len(curve) > 1 and curve[-1].n > curve[0].n


def _least(curve: Sequence[CurvePoint]) -> float:
    """No error is less: all points are judged by the same pictures."""
    return 0.5 / max(point.n for point in curve)


def _uncertainty(curve: Sequence[CurvePoint]) -> float:
    """Standard error of the logarithm of the last point's error."""
    last, least = curve[-1], _least(curve)
    return max(last.error, math.sqrt(least * (1 - least) / last.n)) / max(1 - last.accuracy, least)
