"""Being asked to stop: where the work can end in order it is told, elsewhere it ends at once.

Whoever can finish a step and save opens `in_order()` and calls `check()` after each step. A signal handler calls
`ask()`; the command line has one, a library user may have another.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_asked: int | None = None
_inside = 0


class Stopped(KeyboardInterrupt):
    """The work was asked to stop. signal: the number of the signal that asked."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"stopped by signal {signal}")
        self.signal = signal


def ask(signal: int) -> None:
    """Asks the work to stop. Raises Stopped at once unless the work is inside `in_order()`."""
    global _asked
    _asked = signal
    if not _inside:
        raise Stopped(signal)


def inside() -> bool:
    """Whether the work is where it will ask for itself."""
    return _inside > 0


def asked() -> int | None:
    """The signal that asked the work to stop, None where none did."""
    return _asked


@contextlib.contextmanager
def in_order() -> Iterator[None]:
    """Within the block a wish to stop is kept until the work asks for it with check()."""
    global _inside
    _inside += 1
    try:
        yield
    finally:
        _inside -= 1


def check() -> None:
    """Raises Stopped where the work was asked to stop: call it where everything is in order."""
    if _asked is not None:
        raise Stopped(_asked)


def forget() -> None:
    """Starts anew: nothing was asked."""
    global _asked
    _asked = None
