"""Who is trained for how long where time is short: successive halving (Jamieson & Talwalkar 2016)."""

from __future__ import annotations

from collections.abc import Sequence


def halved(count: int) -> list[int]:
    """How many are trained turn by turn: all of `count`, then the better half of those before, down to two."""
    counts = [count]
    while counts[-1] > 2:
        counts.append(-(-counts[-1] // 2))
    return counts


def length(counts: Sequence[int], epochs: int, seconds: float, left: float) -> int:
    """Epochs of each training in the next turn, which has counts[0] of them; 0 where not one epoch of each fits.

    counts: of the turns that are still to come, each twice as long as the one before, up to `epochs`, full length;
    the last ones fall away where time does not hold them. seconds: of one epoch; left: for all these turns together.
    """
    if counts[0] * epochs * seconds <= left:
        return epochs
    for kept in range(len(counts), 0, -1):
        for first in range(epochs - 1, 0, -1):
            lengths = (min(epochs, first * 2**turn) for turn in range(kept))
            if seconds * sum(n * each for n, each in zip(counts, lengths, strict=False)) <= left:
                return first
    return 0


def too_short(count: int, seconds: float) -> str:
    """Why a limit is refused that does not hold one epoch, of `seconds`, of each of `count` trainings."""
    return (
        f"--time-limit: one epoch of each of {count} trainings takes about {count * seconds:.0f} s; expected at least "
        "that; the probes are kept, and --resume with more time goes on from them"
    )
