"""What was seen when a picture was checked, kept by the SHA-256 of its file: none is decoded twice to be checked.

A file per run that found something new: records of fixed length, and last the SHA-256 of them all. Only pictures that
can be used are kept. Everything may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

import PIL

from headstart import files, progress
from headstart.data.twins import SIZE
from headstart.errors import OutputError

# Raised whenever decoding gives other pixels, or a picture another signature, than before.
VERSION = 2
_DIGEST, _PIXELS = 32, 16
_RECORD, _CHECKSUM = _DIGEST + _PIXELS + SIZE, 32


@dataclass(frozen=True)
class Look:
    """pixels: hash of the decoded pixels, 16 bytes; signature: see headstart.data.twins."""

    pixels: bytes
    signature: bytes


class Looks:
    """File's SHA-256 in hex → Look, from earlier runs and this one."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._known: dict[bytes, Look] = {}
        self._new: dict[bytes, Look] = {}
        for path in sorted(folder.glob("*.looks")) if folder is not None else ():
            self._known |= _read(path)

    @staticmethod
    def kept() -> Looks:
        """Those of this user's cache; without a cache, none."""
        try:
            return Looks(files.cache_folder("looks", files.sha256_of(str(VERSION), PIL.__version__)[:16]))
        except OutputError:
            return Looks(None)

    def get(self, digest: str) -> Look | None:
        return self._known.get(bytes.fromhex(digest))

    def add(self, digest: str, look: Look) -> None:
        self._new[bytes.fromhex(digest)] = look

    def save(self) -> None:
        """Writes what is new as one more file."""
        if self.folder is None or not self._new:
            return
        records = b"".join(digest + look.pixels + look.signature for digest, look in self._new.items())
        path = self.folder / f"{secrets.token_hex(8)}.looks"
        try:
            files.write_bytes(path, records + hashlib.sha256(records).digest())
        except OutputError as error:
            progress.say(f"what was seen of the pictures is not kept: {error}")
        self._known |= self._new
        self._new = {}


def _read(path: Path) -> dict[bytes, Look]:
    """The file's records; none where it is damaged, which costs no more than looking again."""
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    records = content[:-_CHECKSUM]
    if len(records) % _RECORD or hashlib.sha256(records).digest() != content[-_CHECKSUM:]:
        return {}
    middle, end = _DIGEST + _PIXELS, _RECORD
    return {
        records[at : at + _DIGEST]: Look(records[at + _DIGEST : at + middle], records[at + middle : at + end])
        for at in range(0, len(records), _RECORD)
    }
