"""The clock of a training: what steps take, and how many of them fit into what is left of a time limit."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_RECENT = 16  # steps by which the coming ones are judged
_LOOKS = 200  # as often in the whole limit the schedule is fitted anew
# So many steps, each of so many seconds or more and so many times as long as the shortest, are no accident.
_IN_A_ROW, _LONG, _SLOWED = 4, 1.0, 3.0


def now() -> float:
    """Seconds that only grow."""
    return time.monotonic()


class Clock:
    """What is left of `seconds` from now on, and what steps and scorings take; seconds None never ends.

    scoring: seconds of scoring the selection pictures once.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds, self.began = seconds, now()
        self.scoring = 0.0
        self._steps = deque[float](maxlen=_RECENT)
        self._due = 0.0
        self._warm, self._best = False, float("inf")

    def stepped(self, seconds: float, share: float) -> None:
        """A step took `seconds`, on pictures that cost `share` of full-sized ones."""
        if not self._warm and len(self._steps) == 1:
            self._steps.clear()  # the first one warms up
            self._warm = True
        self._steps.append(seconds / share)
        self._best = min(self._best, seconds / share)

    def forget(self) -> None:
        """What steps took so far tells nothing of those to come."""
        last = self._steps[-1] if self._steps else None
        self._steps.clear()
        if last is not None:
            self._steps.append(last)

    @property
    def left(self) -> float:
        return float("inf") if self.seconds is None else self.seconds - (now() - self.began)

    @property
    def slowed(self) -> bool:
        """Whether the last steps took far longer than the shortest one did; said once, then it is forgotten."""
        last = list(self._steps)[-_IN_A_ROW:]
        slow = len(last) == _IN_A_ROW and min(last) > max(_LONG, _SLOWED * self._best)
        if slow:
            self._best = float("inf")
        return slow

    @property
    def due(self) -> bool:
        """Whether it is time to fit the schedule anew."""
        # By its first step alone, which warms up, nothing is fitted unless the time is up.
        if self.seconds is None or now() < self._due or (not self._warm and self.left > 0):
            return False
        self._due = now() + self.seconds / _LOOKS
        return True

    def steps(self, done: int, most: int, per_epoch: int, share: Callable[[int, int], float]) -> int:
        """How many steps in all a schedule may have so that those from `done` ≥ 1 on fit, `most` at most.

        share(e, n): what a step in epoch e of n costs, full-sized pictures 1. After each epoch the selection pictures
        are scored, and once more by whoever asked for the training. At least `done`: what is done is done.
        """
        step = sum(self._steps) / len(self._steps)

        def seconds(total: int) -> float:
            epochs, first = -(-total // per_epoch), (done - 1) // per_epoch
            spent = self.scoring
            for epoch in range(first, epochs):
                begun, ended = max(done, epoch * per_epoch), min(total, (epoch + 1) * per_epoch)
                spent += (ended - begun) * step * share(epoch, epochs) + self.scoring
            return spent

        return most_within(self.left, done, most, seconds)


def most_within(left: float, least: int, most: int, seconds: Callable[[int], float]) -> int:
    """The number in least … most that takes no more than `left` seconds while the next one does; `least` at least."""
    if seconds(most) <= left:
        return most
    fits, too_many = least, most
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if seconds(middle) <= left:
            fits = middle
        else:
            too_many = middle
    return fits
