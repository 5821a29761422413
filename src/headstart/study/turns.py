"""Who is trained for how long where time is short: successive halving (Jamieson & Talwalkar 2016)."""

from __future__ import annotations

from headstart.errors import PlanError


def turns(count: int, epochs: int, seconds: float, limit: float | None) -> list[tuple[int, int]]:
    """[(epochs, how many of the best get them)], turn by turn, for `count` trainings of `epochs` at full length.

    seconds: of one epoch; limit: seconds for all turns together, or None. One turn with all of them where it holds
    them; else each turn is twice as long as the one before, for the better half, down to two. Raises PlanError where
    not even one epoch of each fits.
    """
    if limit is None or count * epochs * seconds <= limit:
        return [(epochs, count)]
    counts = [count]
    while counts[-1] > 2:
        counts.append(-(-counts[-1] // 2))
    for kept in range(len(counts), 0, -1):
        first = int(limit / seconds / sum(n * 2**turn for turn, n in enumerate(counts[:kept])))
        if first >= 1:
            return [(min(epochs, first * 2**turn), n) for turn, n in enumerate(counts[:kept])]
    raise PlanError(
        f"--time-limit: one epoch of each of {count} trainings takes about {count * seconds:.0f} s; expected at least "
        "that; the probes are kept, and --resume with more time goes on from them"
    )
