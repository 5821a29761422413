"""Atomic writes, locks and checksums: the only place that writes state to disk.

Every write goes to a temporary name beside its target, is synced, takes its place in one step, and the folder is
synced: a kill at any moment leaves the old state or the new, never a half. What a kill leaves of temporaries counts as
nothing, and is swept.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import functools
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from headstart import locks
from headstart.errors import OutputError
from headstart.strangers import cell

RUN = "env.json"  # marks a folder as a run's
_CHUNK = 1 << 20
_ODD = "backslashreplace"  # for lone surrogates, as which odd bytes of file names come; JSON reads them again
# What temporaries are called, and inside of one a folder's former state, or what is being removed.
_OWN, _FORMER, _REMOVED = ".headstart-", "former", "removed"
_LOCK = ".lock"  # inside of one: who writes there holds it
_STALE = 24 * 3600.0  # seconds after which a temporary cannot be of a run that goes on
# renameat2(2): the two names exchange what they stand for
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
# Elsewhere, on Windows, a folder cannot be opened to be synced, and a file only by who may write it.
_FOLDERS_OPEN = hasattr(os, "O_DIRECTORY")


@contextlib.contextmanager
def explained(target: Path) -> Iterator[None]:
    """Turns the operating system's refusals to write `target` into one clear line; of other files it knows nothing."""
    try:
        yield
    except OSError as error:
        if not _concerns(error, target):
            raise
        raise OutputError(f"{target}: {_refusal(error)}") from error


def _concerns(error: OSError, target: Path) -> bool:
    """Whether the error names no file, or `target`, a folder above it, or something beside or below it."""
    if not isinstance(error.filename, str | bytes):
        return True
    place = Path(os.fsdecode(error.filename))
    return place in (target, *target.parents) or target.parent in place.parents


def _refusal(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space left on the disk; free some or write elsewhere"
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return "may not be written; choose another place"
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return "a file stands where a folder is needed, or the reverse"
    return f"cannot be written ({error.strerror or type(error).__name__}); choose another place"


def sync_folder(folder: Path) -> None:
    """Makes renames inside `folder` durable, where the system lets a program see to that."""
    if not _FOLDERS_OPEN:
        return
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

    The temporary may become a file or a folder. Raises OutputError.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        recover(path)
        _swept(path.parent)
        holder = Path(tempfile.mkdtemp(prefix=f"{_OWN}{path.name}.", dir=path.parent))
    temporary = holder / path.name
    try:
        with explained(path), locks.held(holder / _LOCK):
            yield temporary
            _sync_tree(temporary)
            _take_place(temporary, path, holder)
            sync_folder(path.parent)
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def put(whole: Path, path: Path) -> None:
    """A file that lies beside `path` takes its place, and is on the disk before. Raises OSError."""
    _sync_tree(whole)
    os.replace(whole, path)
    sync_folder(path.parent)


def _is_in_use(holder: Path) -> bool:
    """Whether a process that lives writes there; a kill ends that too."""
    return locks.is_held(holder / _LOCK)


def _take_place(temporary: Path, path: Path, holder: Path) -> None:
    """`temporary` becomes `path`. A folder that stands there is exchanged for it in one step where the system can;
    elsewhere it is moved aside first, where recover() finds it."""
    if not (temporary.is_dir() and path.is_dir() and not path.is_symlink()):
        os.replace(temporary, path)
        return
    if _exchange(temporary, path):
        return
    path.rename(holder / _FORMER)
    try:
        temporary.rename(path)
    except OSError:
        (holder / _FORMER).rename(path)
        raise


def _exchange(first: Path, second: Path) -> bool:
    """Whether the system could exchange the two in one step."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # another C library
        return False
    return call(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE) == 0


def recover(path: Path) -> None:
    """Gives a folder its former state back where a kill came between its removal and its successor."""
    if os.path.lexists(path):
        return
    with contextlib.suppress(OSError):  # nothing to read, or nothing that may be moved: then it is not there
        for holder in sorted(_temporaries(path.parent)):
            if _target(holder) == path.name and (holder / _FORMER).is_dir() and not _is_in_use(holder):
                (holder / _FORMER).rename(path)
                shutil.rmtree(holder, ignore_errors=True)
                return


def sweep(folder: Path, *, stale: float = _STALE) -> None:
    """Removes the temporaries in `folder` older than `stale` seconds, which runs that were killed have left."""
    for left in _temporaries(folder):
        with contextlib.suppress(OSError):
            old = time.time() - left.stat().st_mtime >= stale
            if old and not _needed(left) and not _is_in_use(left):
                shutil.rmtree(left)


@functools.cache
def _swept(folder: Path) -> None:
    sweep(folder)


def _temporaries(folder: Path) -> list[Path]:
    """Those in `folder`, told by their names and by what is in them."""
    try:
        return [folder / name for name in os.listdir(folder) if _is_temporary(folder / name)]
    except OSError:
        return []


def _is_temporary(path: Path) -> bool:
    name = _target(path)
    if name is None or path.is_symlink() or not path.is_dir():
        return False
    return set(os.listdir(path)) <= {name, _FORMER, _REMOVED, _LOCK}


def _target(holder: Path) -> str | None:
    """The name of what a temporary is to become, None where it has not the name of one."""
    found = re.fullmatch(re.escape(_OWN) + r"(.+)\.[a-z0-9_]{8}", holder.name, re.DOTALL)
    return None if found is None else found[1]


def _needed(holder: Path) -> bool:
    """Whether it holds the only state of a folder."""
    name = _target(holder)
    return name is not None and (holder / _FORMER).exists() and not os.path.lexists(holder.with_name(name))


def _sync_tree(path: Path) -> None:
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        with file.open("rb" if _FOLDERS_OPEN else "r+b") as handle:
            os.fsync(handle.fileno())


def append_line(path: Path, line: str) -> None:
    """Appends one line to a log such as `metrics.jsonl`. Raises OutputError."""
    with explained(path), path.open("a", encoding="utf-8", errors=_ODD, newline="\n") as handle:
        handle.write(line + "\n")


def check_free(path: Path, *, force: bool, resumable: bool = False) -> None:
    """Refuses a folder that claim_folder would refuse, and changes nothing. resumable: whether the verb has --resume,
    which is then named too.

    Raises OutputError where it is in use and `force` is not given, or where it is not a run's folder.
    """
    if is_free(path):
        return
    if not (path / RUN).is_file():
        raise OutputError(f"{path}: holds something other than a run (no {RUN}); name another folder with -o")
    if not force:
        resume = "--resume to go on with that run or " if resumable else ""
        raise OutputError(
            f"{path}: already in use; add {resume}--force to replace it, or name another folder with -o"
        )


def check_absent(path: Path, *, force: bool, folder: bool = False) -> None:
    """Refuses a place that is taken, for a file or, as `folder` says, for a folder, which an empty one leaves free.

    Raises OutputError where a folder stands in a file's place, or where something lies there without `force`.
    """
    if path.is_dir() and not folder:
        raise OutputError(f"{path}: is a folder; name a file")
    if path.exists() and not force and not (folder and is_free(path)):
        raise OutputError(f"{path}: already there; name another place, or add --force to replace it")


def is_free(path: Path) -> bool:
    """Whether `path` is not there yet, or an empty folder; temporaries of runs that were killed count as nothing."""
    recover(path)
    if not path.exists():
        return True
    if not path.is_dir():
        return False
    ours = _temporaries(path)
    return len(ours) == len(os.listdir(path)) and not any(map(_needed, ours))


def claim_folder(path: Path, *, force: bool, resumable: bool = False) -> Path:
    """Makes `path` an empty folder for output. With `force`, what a former run left there is removed.

    Raises OutputError where it is in use and `force` is not given, or where it is not a run's folder; see check_free().
    """
    check_free(path, force=force, resumable=resumable)
    sweep(path.parent)
    with explained(path):
        if is_free(path):
            sweep(path, stale=0)
        else:
            _clear(path.resolve())
        path.resolve().mkdir(parents=True, exist_ok=True)
    return path


def _clear(path: Path) -> None:
    """Takes what a run has left out of its folder: out of the way in one step, for a folder that is half cleared is no
    run's any more.

    Where it cannot be moved (a mount point, the working folder), what is in it goes, and what marks it as a run's last.
    """
    here = Path.cwd()
    with contextlib.suppress(OSError):
        if here != path and path not in here.parents:
            _move_away(path)
            return
    for entry in sorted(path.iterdir(), key=lambda entry: entry.name == RUN):
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def _move_away(path: Path) -> None:
    holder = Path(tempfile.mkdtemp(prefix=f"{_OWN}{path.name}.", dir=path.parent))
    try:
        path.rename(holder / _REMOVED)
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    return digest(path).hex()


def digest(path: Path, length: int | None = None) -> bytes:
    """SHA-256, 32 bytes, of a file's content, or of its first `length` bytes."""
    found, left = hashlib.sha256(), path.stat().st_size if length is None else max(0, length)
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK if length is None else min(_CHUNK, left)):
            found.update(chunk)
            left -= len(chunk)
    return found.digest()


def sha256_of(*parts: str | bytes) -> str:
    """SHA-256 over `parts`, each with its length before it, so that no two lists share a hash by chance."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on `path` between processes; waits for it."""
    with contextlib.ExitStack() as stack:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locks.held(path))
        yield
