"""Bounds on the memory that pictures may take, shared by all threads that read and decode them."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from headstart.errors import PictureError

_SHARE, _FLOOR = 8, 1 << 30
# Limits of a container: cgroup version 2, and 1.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class Budget:
    """So many bytes at one time: who needs more than is free waits until there is room.

    Who comes first goes first, so that small pictures cannot keep a large one waiting for ever.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._line, self._freed = threading.Lock(), threading.Condition()

    def check(self, size: int, what: str) -> None:
        """Raises PictureError, beginning with `what`, where there can never be room for so many bytes."""
        if size > self.limit:
            raise PictureError(
                f"{what} would take {_shown(size)} of memory, at most {_shown(self.limit)} expected; "
                "make it smaller"
            )

    @contextlib.contextmanager
    def hold(self, size: int, what: str) -> Iterator[None]:
        """Holds `size` bytes while the block lasts. Raises what check() does."""
        self.check(size, what)
        with self._line, self._freed:
            self._freed.wait_for(lambda: self._used + size <= self.limit)
            self._used += size
        try:
            yield
        finally:
            with self._freed:
                self._used -= size
                self._freed.notify()


def _shown(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


@functools.cache
def pixels() -> Budget:
    """For decoded pixels: an eighth of the memory that there is, at least 1 GiB."""
    return Budget(_bound())


@functools.cache
def contents() -> Budget:
    """For the bytes of large files. A budget of its own, always taken before that for pixels: no two can lock."""
    return Budget(_bound())


def _bound() -> int:
    return max(_FLOOR, _memory() // _SHARE)


def installed() -> int | None:
    """Bytes of memory of the machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def _memory() -> int:
    """Bytes of memory that this process may use, as far as the system tells."""
    own = installed()
    known = [] if own is None else [own]
    for path in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # another system, or "max"
            known.append(int(Path(path).read_text(encoding="ascii")))
    return min(known, default=0)
