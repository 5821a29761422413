"""What was seen when a picture was checked, kept by the SHA-256 of its file: none is decoded twice to be checked.

A file per run that found something new: records of fixed length, and last the SHA-256 of them all. Only pictures that
can be used are kept. Everything may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import math
import mmap
import secrets
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL

from headstart import cache, files, progress
from headstart.data import twins
from headstart.data.depth import GreyLevels
from headstart.data.twins import NOTHING, SIZE
from headstart.errors import OutputError

# Raised whenever decoding gives other pixels, or a picture another hash or signature, than before.
VERSION = 4
_DIGEST, PIXELS = 32, 16
# The file's digest, then the fields of Look; where it has no levels, these are not-a-number.
_FORM = struct.Struct(f"<{_DIGEST}s{PIXELS}s{SIZE}sdd??")
_RECORD, _CHECKSUM = _FORM.size, 32


@dataclass(frozen=True)
class Look:
    """What one picture is known by.

    pixels     hash of the decoded pixels at their full depth, 16 bytes
    signature  see headstart.data.twins
    levels     of a deep grey, its own range (see headstart.data.depth); None for pictures of 8 bits
    whole      False where the file's end is missing
    exact      False where the file holds more bits of colour than are used
    """

    pixels: bytes
    signature: bytes = NOTHING
    levels: GreyLevels | None = None
    whole: bool = True
    exact: bool = True

    def packed(self, digest: bytes) -> bytes:
        low, high = self.levels or (math.nan, math.nan)
        return _FORM.pack(digest, self.pixels, self.signature, low, high, self.whole, self.exact)

    @staticmethod
    def unpacked(record: bytes) -> Look:
        _, pixels, signature, low, high, whole, exact = _FORM.unpack(record)
        return Look(pixels, signature, None if math.isnan(low) else (low, high), whole, exact)


class Looks:
    """File's SHA-256 in hex → Look, from earlier runs and this one; those of earlier runs stay on disk."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._places: dict[bytes, tuple[mmap.mmap, int]] = {}
        self._new: dict[bytes, Look] = {}
        for path in sorted(folder.glob("*.looks")) if folder is not None else ():
            self._places |= _read(path)

    @staticmethod
    def of_cache() -> Looks:
        """Those of this user's cache; without a cache, none."""
        try:
            return Looks(cache.folder("looks", files.sha256_of(str(VERSION), PIL.__version__)[:16]))
        except OutputError:
            return Looks(None)

    def get(self, digest: str) -> Look | None:
        key = bytes.fromhex(digest)
        if key in self._new:
            return self._new[key]
        content, start = self._places.get(key, (None, 0))
        if content is None:
            return None
        return Look.unpacked(content[start : start + _RECORD])

    def add(self, digest: str, look: Look) -> None:
        self._new[bytes.fromhex(digest)] = look

    def save(self) -> None:
        """Writes what is new as one more file."""
        if self.folder is None or not self._new:
            return
        records = b"".join(look.packed(digest) for digest, look in self._new.items())
        path = self.folder / f"{secrets.token_hex(8)}.looks"
        try:
            files.write_bytes(path, records + hashlib.sha256(records).digest())
        except OutputError as error:
            progress.say(f"what was seen of the pictures is not kept: {error}")
            return
        self._places |= _read(path)
        self._new = {}


def _read(path: Path) -> dict[bytes, tuple[mmap.mmap, int]]:
    """Where each record begins; none where the file is damaged, which costs no more than looking again."""
    try:
        with path.open("rb") as handle:
            content = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # an empty file cannot be mapped
        return {}
    end = len(content) - _CHECKSUM
    with memoryview(content) as view:
        whole = end >= 0 and end % _RECORD == 0 and hashlib.sha256(view[:end]).digest() == content[end:]
    return {content[at : at + _DIGEST]: (content, at) for at in range(0, end, _RECORD)} if whole else {}


def known_pairs(digests: Sequence[str], find: Callable[[], np.ndarray]) -> np.ndarray:
    """int64 [P, 2]: what `find` gives for these pictures, now or in an earlier run."""
    key = files.sha256_of(Path(twins.__file__).read_bytes(), str(VERSION), PIL.__version__, "".join(digests))
    kept = cache.remembered(("looks", "twins"), key, lambda: find().tolist(), what="near twins are")
    return np.array(kept, np.int64).reshape(-1, 2)
