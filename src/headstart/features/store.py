"""The feature cache: one row per picture content, so that ten new pictures cost ten.

A folder per (network, cuts, preparation, runtime, versions), holding shards of up to a few thousand rows:

    NAME.npy           float32 or float16 [n, D], all outputs side by side
    NAME.digests       n SHA-256 of pictures, one a line, and last the SHA-256 of NAME.npy

A shard is written whole or not at all; two runs at once may compute the same row twice and lose nothing else.
"""

from __future__ import annotations

import contextlib
import io
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headstart import files, progress
from headstart.errors import OutputError


class Store:
    """Rows by picture digest, kept as "fp32" or "fp16" (rounded before they are used).

    With `folder` None, or one that cannot be written, rows live in memory only.
    """

    def __init__(self, folder: Path | None, keep: str = "fp32") -> None:
        self.folder, self.keep = folder, keep
        self._shards: list[np.ndarray] = []
        self._places: dict[str, tuple[int, int]] = {}
        for path in sorted(folder.glob("*.digests")) if folder is not None else ():
            self._open(path)

    def _open(self, path: Path) -> None:
        *digests, checksum = path.read_text(encoding="ascii", errors="replace").split() or [""]
        data = path.with_suffix(".npy")
        if not data.is_file() or _checksum(data) != checksum:
            progress.say(f"{data}: damaged; its features are computed anew")
            with contextlib.suppress(OSError):
                path.unlink()
            return
        self._index(digests, np.load(data, mmap_mode="r", allow_pickle=False))

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
        name = secrets.token_hex(8)
        data = io.BytesIO()
        np.save(data, rows, allow_pickle=False)
        try:
            files.write_bytes(folder / f"{name}.npy", data.getvalue())
            checksum = files.sha256(folder / f"{name}.npy")
            files.write_text(folder / f"{name}.digests", "\n".join([*digests, checksum]))
        except OutputError as error:
            progress.say(f"features are not kept: {error}")
            self.folder = None
            return rows
        return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)

    def gather(self, digests: Sequence[str], columns: slice) -> np.ndarray:
        """float32 [len(digests), width of `columns`], rows in the order of `digests`."""
        out = files.scratch((len(digests), columns.stop - columns.start), np.float32)
        places = np.array([self._places[digest] for digest in digests], np.int64).reshape(-1, 2)
        for shard in np.unique(places[:, 0]):
            here = np.flatnonzero(places[:, 0] == shard)
            out[here] = self._shards[shard][places[here, 1], columns]
        return out


# Shard → (size and date, SHA-256): hashed once in a process, which asks for one set's features several times.
_hashed: dict[Path, tuple[tuple[int, int], str]] = {}


def _checksum(path: Path) -> str:
    stat = path.stat()
    state = (stat.st_size, stat.st_mtime_ns)
    if _hashed.get(path, (None, ""))[0] != state:
        _hashed[path] = state, files.sha256(path)
    return _hashed[path][1]


def _half(rows: np.ndarray) -> np.ndarray:
    """float16 [n, D]; values beyond what that holds become the largest that it does."""
    most = np.finfo(np.float16).max
    return np.clip(rows, -most, most).astype(np.float16)
