"""Silence of the libraries that decode: what is wrong with a picture is told by headstart's own lines."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import logging
import struct
import threading
import warnings
import zlib

from PIL import Image

# What Pillow's readers let through when they meet damaged data, besides OSError.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    AssertionError,
    MemoryError,
    struct.error,
    zlib.error,
)


class _Quiet:
    """Ignores Pillow's warnings while any thread decodes.

    `warnings.catch_warnings` alone is not safe across threads: whoever leaves last would restore the
    filters that another thread had set. Here the first to enter sets them and the last to leave restores.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        silence()
        with self._lock:
            if self._inside == 0:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)


quiet = _Quiet()


@functools.cache
def silence() -> None:
    """Once in a process: Pillow's log has a listener, and its libtiff, with the libjpeg in it, prints nothing.

    libtiff writes to stderr by itself, from whatever thread decodes; Pillow raises what it writes all the same. Its
    handlers are taken out of the one library that Pillow uses: no stream is redirected, so that nobody else's line is
    lost. Other libraries that Pillow uses say nothing by themselves.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with contextlib.suppress(OSError, AttributeError):  # a Pillow without libtiff, or one that hides it
        pillow = ctypes.CDLL(Image.core.__file__)
        for handler in (pillow.TIFFSetErrorHandler, pillow.TIFFSetWarningHandler):
            handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            handler(None)
