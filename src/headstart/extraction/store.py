"""The feature cache: one row per picture content, so that ten new pictures cost ten.

A folder per (network, cuts, preparation, runtime, versions), holding shards of up to a few thousand rows, a file each:

    numpy's own form of float32 or float16 [n, D], all outputs side by side
    n SHA-256 of the pictures that the rows are of, 32 bytes each
    SHA-256 of all that stands before it

A shard is written whole or not at all, and a row cannot come to stand for another picture unnoticed. Two runs at once
may compute the same row twice and lose nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headstart import cache, files, progress
from headstart.errors import OutputError

_DIGEST = 32


class Store:
    """Rows by picture digest (SHA-256 in hex), kept as "fp32" or "fp16" (rounded before they are used).

    With `folder` None, or one that cannot be read or written, rows live in memory only.
    """

    def __init__(self, folder: Path | None, keep: str = "fp32") -> None:
        self.folder, self.keep = folder, keep
        self._shards: list[np.ndarray] = []
        self._places: dict[str, tuple[int, int]] = {}
        for path in sorted(folder.glob("*.shard")) if folder is not None else ():
            self._open(path)

    def _open(self, path: Path) -> None:
        try:
            self._index(*_read(path))
        except ValueError:
            progress.say(f"{path}: damaged; its features are computed anew")
            with contextlib.suppress(OSError):
                path.unlink()
        except OSError as error:
            progress.say(f"{path}: cannot be read ({error.strerror}); its features are computed anew")

    def _index(self, digests: Sequence[str], rows: np.ndarray) -> None:
        shard = len(self._shards)
        self._shards.append(rows)
        self._places |= {digest: (shard, row) for row, digest in enumerate(digests)}

    def missing(self, digests: Sequence[str]) -> list[str]:
        """Those of `digests` that have no row yet, each once, in order."""
        return [digest for digest in dict.fromkeys(digests) if digest not in self._places]

    def add(self, digests: Sequence[str], rows: np.ndarray) -> None:
        """Keeps float32 [n, D] `rows`; where the disk refuses, in memory and for this run only, and says so."""
        if self.keep == "fp16":
            rows = _half(rows)
        self._index(digests, rows if self.folder is None else self._written(self.folder, digests, rows))

    def _written(self, folder: Path, digests: Sequence[str], rows: np.ndarray) -> np.ndarray:
        """`rows` as they now lie on the disk, or as they are where it refuses."""
        path = folder / f"{secrets.token_hex(8)}.shard"
        try:
            files.write_bytes(path, _shard(digests, rows))
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except (
            OutputError,
            OSError,
            ValueError,
        ) as error:  # also where the cache was deleted in this very moment
            progress.say(f"features are not kept: {error}")
            self.folder = None
            return rows

    def gather(self, digests: Sequence[str], columns: slice) -> np.ndarray:
        """float32 [len(digests), width of `columns`], rows in the order of `digests`."""
        out = cache.scratch((len(digests), columns.stop - columns.start), np.float32)
        places = np.array([self._places[digest] for digest in digests], np.int64).reshape(-1, 2)
        for shard in np.unique(places[:, 0]):
            here = np.flatnonzero(places[:, 0] == shard)
            out[here] = self._shards[shard][places[here, 1], columns]
        return out


def _shard(digests: Sequence[str], rows: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, rows, allow_pickle=False)
    out.write(b"".join(map(bytes.fromhex, digests)))
    out.write(hashlib.sha256(out.getbuffer()).digest())
    return out.getvalue()


def _read(path: Path) -> tuple[list[str], np.ndarray]:
    """(digests, rows, mapped from the disk). Raises ValueError where the shard is not as it was written, OSError."""
    size = path.stat().st_size
    if _sum(path) != _stored(path, size - _DIGEST, size):
        raise ValueError("its checksum is another")
    rows = np.load(path, mmap_mode="r", allow_pickle=False)
    assert isinstance(rows, np.memmap)
    start = rows.offset + rows.nbytes
    if rows.ndim != 2 or size != start + _DIGEST * (len(rows) + 1):
        raise ValueError("its length is another")
    names = _stored(path, start, size - _DIGEST)
    return [names[at : at + _DIGEST].hex() for at in range(0, len(names), _DIGEST)], rows


def _stored(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as handle:
        handle.seek(max(0, start))
        return handle.read(end - start)


# Shard → (size and date, SHA-256): hashed once in a process, which asks for one set's features several times.
_hashed: dict[Path, tuple[tuple[int, int], bytes]] = {}


def _sum(path: Path) -> bytes:
    """SHA-256 of all but the last 32 bytes."""
    stat = path.stat()
    state = (stat.st_size, stat.st_mtime_ns)
    known, found = _hashed.get(path, (None, b""))
    if known != state:
        found = files.digest(path, stat.st_size - _DIGEST)
        _hashed[path] = state, found
    return found


def _half(rows: np.ndarray) -> np.ndarray:
    """float16 [n, D]; values beyond what that holds become the largest that it does."""
    most = np.finfo(np.float16).max
    return np.clip(rows, -most, most).astype(np.float16)
