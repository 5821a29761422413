"""In how many threads networks run: as many as were asked for, else as many as whatever runs them takes for itself."""

from __future__ import annotations

_asked = 0


def bound(count: int) -> None:
    """From now on networks of this process run in `count` threads; 0 leaves it to what runs them."""
    global _asked
    _asked = count


def asked() -> int:
    """The number that was asked for; 0 where none was."""
    return _asked
