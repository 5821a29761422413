"""Locks between processes, the only place that asks the system for them: flock(2), and on Windows msvcrt's.

A lock is its open file's: it ends when that is closed, and with the process. Nobody depends on one: they save work that
two would do twice, and temporaries from being swept. So a system or a file system without locks is no error.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_PAUSE = 0.05  # seconds between two looks, where the system cannot wait by itself
_TAKEN = (errno.EACCES, errno.EDEADLK)  # what msvcrt says of a lock that another has


def _found(name: str) -> Any:
    """The module, or None on systems without it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_fcntl, _msvcrt = _found("fcntl"), _found("msvcrt")


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Within the block this process alone holds the lock on the file `path`, made where there is none; waits for it.

    Raises OSError where the file cannot be made.
    """
    with path.open("ab") as file:
        _wait(file.fileno())
        yield


@contextlib.contextmanager
def held_and_removed(path: Path, waits: Callable[[], None]) -> Iterator[None]:
    """As held(), with a file that is removed at the end, where the system removes one that is open.

    waits: called once, before it waits for another process. Raises OSError where the file cannot be made.
    """
    told = False
    while True:
        with path.open("ab") as file:
            if not _take_if_any(file.fileno(), wait=False):
                if not told:
                    waits()
                told = True
                _wait(file.fileno())
            if not _lies_at(path, file.fileno()):  # removed meanwhile: the next gets another's lock
                continue
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    path.unlink()
            return


def _wait(handle: int) -> None:
    while not _take_if_any(handle, wait=True):
        time.sleep(_PAUSE)


def _lies_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def is_held(path: Path) -> bool:
    """Whether a process that lives holds the lock on `path`. Raises OSError where the file cannot be opened."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return False
    with file:
        try:
            return not _take(file.fileno(), wait=False)
        except OSError:  # a file system without locks
            return False


def _take_if_any(handle: int, *, wait: bool) -> bool:
    """As _take(); True on a file system without locks."""
    try:
        return _take(handle, wait=wait)
    except OSError:
        return True


def _take(handle: int, *, wait: bool) -> bool:
    """Whether the lock is now ours; "wait" holds where the system can. Raises OSError for other refusals."""
    if _fcntl is not None:
        with contextlib.suppress(BlockingIOError):
            _fcntl.flock(handle, _fcntl.LOCK_EX | (0 if wait else _fcntl.LOCK_NB))
            return True
        return False
    if _msvcrt is None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    os.lseek(handle, 0, os.SEEK_SET)  # it locks from where the file stands
    try:
        _msvcrt.locking(handle, _msvcrt.LK_NBLCK, 1)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        return False
    return True
