"""Atomic writes, locks and checksums: the only place that writes state to disk.

Every write goes to a temporary name beside its target, is synced, renamed over it, and the folder is
synced: a kill at any moment leaves the old state or the new, never a half.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import fcntl
import hashlib
import io
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.errors import OutputError
from headstart.strangers import cell

if TYPE_CHECKING:
    import numpy as np

_CHUNK = 1 << 20
_ODD = (
    "backslashreplace"  # file names that are no UTF-8 come in lone surrogates; in JSON this is their escape
)
# Arrays of more bytes than this lie in a file, which the system writes out and reads again where memory is short.
SCRATCH = 256 << 20


@contextlib.contextmanager
def explained(target: Path) -> Iterator[None]:
    """Turns the operating system's refusals to write `target` into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(f"{target}: no space left on the disk; free some or write elsewhere") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise OutputError(f"{target}: may not be written; choose another place") from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
            raise OutputError(f"{target}: a file stands where a folder is needed, or the reverse") from error
        raise


def sync_folder(folder: Path) -> None:
    """Makes renames inside `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, data: bytes) -> None:
    """Writes `data` to `path` atomically. Raises OutputError."""
    with explained(path), replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text to `path` atomically; odd bytes of file names as \\udcff. Raises OutputError."""
    write_bytes(path, text.encode("utf-8", _ODD))


def write_json(path: Path, value: Any) -> None:
    """Writes `value` as indented JSON, keys in the given order, atomically. Raises OutputError."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a table atomically, its cells as csv_text() has them. Raises OutputError."""
    write_text(path, csv_text(head, rows))


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV, a line for each row; names are made harmless by strangers.cell()."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([cell(value) for value in row] for row in (head, *rows))
    return text.getvalue()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; what is written there replaces `path` when the block ends well.

    The temporary may become a file or a folder.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    temporary = holder / path.name
    try:
        with explained(path):
            yield temporary
            _sync_tree(temporary)
            if temporary.is_dir() and path.is_dir():
                path.rename(holder / "old")
            try:
                temporary.rename(path)
            except OSError:
                if (holder / "old").exists():
                    (holder / "old").rename(path)
                raise
            sync_folder(path.parent)
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _sync_tree(path: Path) -> None:
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        with file.open("rb") as handle:
            os.fsync(handle.fileno())


def append_line(path: Path, line: str) -> None:
    """Appends one line to a log such as `metrics.jsonl`. Raises OutputError."""
    with explained(path), path.open("a", encoding="utf-8", errors=_ODD) as handle:
        handle.write(line + "\n")


def check_free(path: Path, *, force: bool) -> None:
    """Refuses a folder that claim_folder would refuse, and changes nothing.

    Raises OutputError where it is in use and `force` is not given, or where it is not a run's folder.
    """
    if is_free(path):
        return
    if not (path / "env.json").is_file():
        raise OutputError(
            f"{path}: holds something other than a run (no env.json); name another folder with -o"
        )
    if not force:
        raise OutputError(
            f"{path}: already in use; add --resume to go on with that run or --force to replace it, or name "
            "another folder with -o"
        )


def is_free(path: Path) -> bool:
    """Whether `path` is not there yet, or an empty folder."""
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def claim_folder(path: Path, *, force: bool) -> Path:
    """Makes `path` an empty folder for output. With `force`, what a former run left there is removed.

    Raises OutputError where it is in use and `force` is not given, or where it is not a run's folder.
    """
    check_free(path, force=force)
    with explained(path):
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(parents=True, exist_ok=True)
    return path


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of(*parts: str | bytes) -> str:
    """SHA-256 over `parts`, each with its length before it, so that no two lists share a hash by chance."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def cache_folder(*names: str) -> Path:
    """The project's folder below XDG_CACHE_HOME, mode 0700; safe to delete. Raises OutputError."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headstart"
    folder = base.joinpath(*names)
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):
            base.chmod(0o700)
    return folder


def remembered(room: Sequence[str], key: str, make: Callable[[], Any], *, what: str = "") -> Any:
    """A JSON value: what `make` gave for this key before, else what it gives now, kept in the cache folder `room`.

    One that is damaged is made anew. what: its name where it cannot be kept, which is then said; "" says nothing.
    """
    try:
        path = cache_folder(*room) / f"{key}.json"
    except OutputError as error:
        _not_kept(what, error)
        return make()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["checksum"] == sha256_of(repr(kept["value"])):
            return kept["value"]
    except (OSError, ValueError, LookupError, TypeError):
        pass  # none yet, or damaged
    value = json.loads(json.dumps(make()))
    try:
        write_json(path, {"value": value, "checksum": sha256_of(repr(value))})
    except OutputError as error:
        _not_kept(what, error)
    return value


def _not_kept(what: str, error: OutputError) -> None:
    if what:
        progress.say(f"{what} not kept: {error}")


def scratch(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """An array of `shape`, not yet filled; a large one lies in a file that is gone when the array is.

    Raises OutputError where the disk is full: later, page by page, that would end the process without a word.
    """
    import numpy as np

    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= SCRATCH:
        return np.empty(shape, dtype)
    try:
        folder = cache_folder("scratch")
    except OutputError:
        folder = Path(tempfile.gettempdir())
    with explained(folder), tempfile.TemporaryFile(dir=folder) as handle:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle.fileno(), 0, size)
        return np.asarray(np.memmap(handle, dtype, "w+", shape=shape))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on `path` between processes; waits for it."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        handle.close()
