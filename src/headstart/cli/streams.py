"""stdout and stderr as they are: in any encoding, closed, or with a reader that has gone. What is printed never ends
the work."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO

# How characters of ours are written where the encoding lacks them, each about as wide; others become \xe9 and the like.
_READABLE = {
    "±": "+/-",
    "×": "x",
    "·": ".",
    "…": "...",
    "–": "-",
    "→": "->",
    "←": "<-",
    "\u202f": " ",
    "\xa0": " ",
    "█": "#",
    "▓": "=",
    "▒": "-",
    "░": ".",
    "■": "#",
    "❄": "=",
    "●": "o",
    "○": "-",
    "◆": "+",
    "✕": "x",
    "✂": ">",
    "┄": "-",
}
_ERRORS = "headstart"


def _readable(error: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: never fails, and is kind to the reader."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_READABLE.get(c) or ascii(c)[1:-1] for c in lacking), error.end


codecs.register_error(_ERRORS, _readable)


@contextlib.contextmanager
def forgiving() -> Iterator[None]:
    """Within the block both streams write what their encoding lacks in other words; closed ones take everything."""
    former: list[tuple[TextIO, str | None]] = []
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            former.append((stream, stream.errors))
            stream.reconfigure(errors=_ERRORS)
    try:
        yield
    finally:
        for stream, errors in former:
            with contextlib.suppress(OSError, ValueError):  # its reader has gone, or it was closed
                stream.reconfigure(errors=errors)  # pyright: ignore[reportAttributeAccessIssue]


def write(text: str) -> None:
    """Writes to stdout at once. A reader that has gone, as `head` does, is no error and misses nothing.

    Raises OSError where stdout is a file that cannot be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        silence(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise


def tell(line: str, stream: TextIO | None = None) -> None:
    """One line on stderr, or on `stream`; where nobody can read it, it is dropped."""
    target = sys.stderr if stream is None else stream
    try:
        target.write(line + "\n")
        target.flush()
    except OSError:
        silence(target)


def silence(stream: TextIO) -> None:
    """What is still buffered must not fail again when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
