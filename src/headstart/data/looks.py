"""What was seen when a picture was checked, kept by the SHA-256 of its file: none is decoded twice to be checked.

A file per run that found something new, lines of "SHA-256 of the file, hash of the decoded pixels", and last the
SHA-256 of the lines. Only pictures that can be used are kept. Everything may be deleted at any time.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import PIL

from headstart import files, progress
from headstart.errors import OutputError

# Raised whenever decoding gives other pixels than before.
VERSION = 1


class Looks:
    """File's SHA-256 in hex → hash of its decoded pixels, from earlier runs and this one."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._known: dict[str, bytes] = {}
        self._new: dict[str, bytes] = {}
        for path in sorted(folder.glob("*.looks")) if folder is not None else ():
            self._known |= _read(path)

    @staticmethod
    def kept() -> Looks:
        """Those of this user's cache; without a cache, none."""
        try:
            return Looks(files.cache_folder("looks", files.sha256_of(str(VERSION), PIL.__version__)[:16]))
        except OutputError:
            return Looks(None)

    def get(self, digest: str) -> bytes | None:
        return self._known.get(digest)

    def add(self, digest: str, pixels: bytes) -> None:
        self._new[digest] = pixels

    def save(self) -> None:
        """Writes what is new as one more file."""
        if self.folder is None or not self._new:
            return
        lines = "".join(f"{digest} {pixels.hex()}\n" for digest, pixels in self._new.items())
        try:
            files.write_text(self.folder / f"{secrets.token_hex(8)}.looks", lines + files.sha256_of(lines))
        except OutputError as error:
            progress.say(f"what was seen of the pictures is not kept: {error}")
        self._known |= self._new
        self._new = {}


def _read(path: Path) -> dict[str, bytes]:
    """The file's pairs; none where it is damaged, which costs no more than looking again."""
    try:
        lines, _, checksum = path.read_text(encoding="ascii", errors="replace").rpartition("\n")
        if files.sha256_of(lines + "\n") != checksum:
            return {}
        return {line[:64]: bytes.fromhex(line[65:]) for line in lines.splitlines()}
    except (OSError, ValueError):
        return {}
