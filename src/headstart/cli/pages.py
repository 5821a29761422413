"""How the C library gives out memory. The command line sets it for its own process; importing headstart never does."""

from __future__ import annotations

import contextlib
import functools
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # mallopt(3)


@functools.cache
def keep_pages() -> None:
    """Freed pages stay with the process: otherwise each activation is mapped and faulted in anew, which halves the
    speed of torch on CPUs. Only glibc knows the call; elsewhere nothing happens."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
