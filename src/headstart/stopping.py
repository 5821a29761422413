"""Being asked to stop: where the work can end in order it is told, elsewhere it ends at once.

Whoever can finish a step and save opens `in_order()` and calls `check()` after each step. A signal handler calls
`ask()`; the command line has one, a library user may have another. The wish is the whole process's, as signals are;
where the work is, each thread knows of itself.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_asked: int | None = None


class _Place(threading.local):
    """How many blocks of in_order() the thread is within."""

    depth = 0


_place = _Place()


class Stopped(KeyboardInterrupt):
    """The work was asked to stop. signal: the number of the signal that asked."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"stopped by signal {signal}")
        self.signal = signal


def ask(signal: int) -> None:
    """Asks the work to stop. Raises Stopped at once unless this thread is inside `in_order()`."""
    global _asked
    _asked = signal
    if not inside():
        raise Stopped(signal)


def inside() -> bool:
    """Whether this thread's work is where it will ask for itself."""
    return _place.depth > 0


def asked() -> int | None:
    """The signal that asked the work to stop, None where none did."""
    return _asked


@contextlib.contextmanager
def in_order() -> Iterator[None]:
    """Within the block a wish to stop is kept until the work asks for it with check()."""
    _place.depth += 1
    try:
        yield
    finally:
        _place.depth -= 1


def check() -> None:
    """Raises Stopped where the work was asked to stop: call it where everything is in order."""
    if _asked is not None:
        raise Stopped(_asked)


def forget() -> None:
    """Starts anew: nothing was asked."""
    global _asked
    _asked = None
