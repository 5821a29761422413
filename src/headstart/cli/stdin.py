"""`-` among the pictures: one picture's bytes on stdin, or names of pictures, one a line."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from headstart import files
from headstart.errors import DataError

STDIN = "-"
_MOST = 1 << 30  # bytes; more is neither a picture nor a list


@contextlib.contextmanager
def taken(arguments: Sequence[str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """(the arguments, `-` replaced by what it stands for; what the user calls those of them that are ours).

    A picture's bytes lie in a file for the time of the block, and are called `-`; names are taken as they are.
    Raises DataError: nothing came in, too much, neither a picture nor names, or `-` twice.
    """
    if STDIN not in arguments:
        yield list(arguments), {}
        return
    if arguments.count(STDIN) > 1:
        raise DataError("-: stands for stdin, which can be read once; leave the other out")
    with (
        files.explained(Path(tempfile.gettempdir())),
        tempfile.TemporaryDirectory(prefix="headstart-") as folder,
    ):
        held, place = os.path.join(folder, "picture"), arguments.index(STDIN)
        names = _names(_read(), held)
        yield [*arguments[:place], *names, *arguments[place + 1 :]], {held: STDIN}


def _read() -> bytes:
    if sys.stdin is None:
        raise DataError("-: stdin is closed; give it a picture, or names of pictures, one a line")
    data = sys.stdin.buffer.read(_MOST + 1)
    if len(data) > _MOST:
        raise DataError(f"-: more than {_MOST:,} bytes on stdin; expected one picture, or names of pictures")
    if not data.strip():
        raise DataError("-: nothing came in on stdin; expected a picture, or names of pictures, one a line")
    return data


def _names(data: bytes, file: str) -> list[str]:
    """The names in `data`, or that of `file`, into which the picture that it begins like is written."""
    from headstart.data.decode import is_picture

    Path(file).write_bytes(data)
    if is_picture(file):
        return [file]
    end = b"\0" if b"\0" in data else b"\n"  # `find -print0` ends names by the one byte that none holds
    names = [name.removesuffix(b"\r") for name in data.split(end)]
    if any(byte < 0x20 for name in names for byte in name):
        raise DataError("-: neither a picture nor names of pictures, one a line")
    return [os.fsdecode(name) for name in names if name.strip()]
