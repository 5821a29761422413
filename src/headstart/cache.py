"""The cache: what is kept to save time, below XDG_CACHE_HOME. It may be deleted at any time, also while a run uses it.

Nothing here is needed. Where a file cannot be read or written, the work goes on without it, and that is said.
"""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, progress, seals
from headstart.errors import OutputError

if TYPE_CHECKING:
    import numpy as np

# Arrays of more bytes than this lie in a file, which the system writes out and reads again where memory is short.
SCRATCH = 256 << 20


def folder(*names: str) -> Path:
    """The project's folder below XDG_CACHE_HOME, mode 0700; safe to delete. Raises OutputError."""
    base = _home() / "headstart"
    found = base.joinpath(*names)
    with files.explained(found):
        found.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):
            base.chmod(0o700)
    return found


def _home() -> Path:
    given = os.environ.get("XDG_CACHE_HOME")
    if given:
        return Path(given)
    try:
        return Path.home() / ".cache"
    except RuntimeError as error:
        raise OutputError("no home folder for the cache; set XDG_CACHE_HOME to a folder") from error


def remembered(names: Sequence[str], key: str, make: Callable[[], Any], *, what: str = "") -> Any:
    """A JSON value: what `make` gave for this key before, else what it gives now, kept below
    the cache in the folder `names`.

    One that is damaged is made anew. what: its name where it cannot be kept, which is then said; "" says nothing.
    """
    try:
        path = folder(*names) / f"{key}.json"
    except OutputError as error:
        _not_kept(what, error)
        return make()
    try:
        kept = seals.opened(path.read_text(encoding="utf-8"))
        if kept["key"] == key:
            return kept["value"]
    except (OSError, ValueError, LookupError):
        pass  # none yet, or damaged
    value = seals.sealed({"key": key, "value": make()})
    try:
        files.write_json(path, value)
    except OutputError as error:
        _not_kept(what, error)
    return value["value"]


def _not_kept(what: str, error: OutputError) -> None:
    if what:
        progress.say(f"{what} not kept: {error}")


def scratch(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """An array of `shape`, not yet filled; a large one lies in a file that is gone when the array is.

    Where no disk has room for it, which is said, it lies in memory. Its place on the disk is taken at once: later, page
    by page, a full disk would end the process without a word.
    """
    import numpy as np

    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= SCRATCH:
        return np.empty(shape, dtype)
    for place in _scratch_places():
        try:
            with files.explained(place), tempfile.TemporaryFile(dir=place) as handle:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(handle.fileno(), 0, size)
                return np.asarray(np.memmap(handle, dtype, "w+", shape=shape))
        except OutputError as error:
            progress.say_once(f"an array of {size >> 20:,} MB finds no place there: {error}")
    return np.empty(shape, dtype)


def _scratch_places() -> Iterator[Path]:
    with contextlib.suppress(OutputError):
        yield folder("scratch")
    yield Path(tempfile.gettempdir())
