"""The model hub, asked only when the user asks for a network's weights: no usage reporting, no minutes of retries.

Files come over plain HTTP, which resumes a broken connection and heeds HTTP_PROXY, HTTPS_PROXY and NO_PROXY. What was
downloaded is held against the SHA-256 that the hub names; a file that is another one is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from headstart import files, progress

# Read when huggingface_hub is imported, so this module comes before whatever imports it (timm does).
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_USUAL = ("model.safetensors", "pytorch_model.bin")
_CHUNK = 256 * 1024  # bytes: after a break it goes on from the last whole one
_NO = (401, 403, 404, 410)  # what the hub answers where it knows, or forbids
_SHA256 = 64  # digits; the names of small files are Git's, of 40


class NotWhole(Exception):
    """A file is not the one that the hub names."""


class NoRoom(Exception):
    """The disk has no room for a file: its bytes, the bytes that are free."""


class NotTheHub(Exception):
    """Something else answers at the hub's address: a login page of the network, or a wrong HF_ENDPOINT."""


@contextlib.contextmanager
def quietly(*, offline: bool = False) -> Iterator[None]:
    """Within the block huggingface_hub says nothing of its own, moves files over plain HTTP, and with `offline` asks
    nobody."""
    from huggingface_hub import constants
    from huggingface_hub import utils as said
    from huggingface_hub.utils import logging

    bars = constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not said.are_progress_bars_disabled()
    settings: dict[str, Any] = {"HF_HUB_DISABLE_XET": True, "DOWNLOAD_CHUNK_SIZE": _CHUNK}
    if offline:
        settings["HF_HUB_OFFLINE"] = True
    before, verbosity = {name: getattr(constants, name) for name in settings}, logging.get_verbosity()
    logging.set_verbosity_error()
    _set(constants, settings)
    if bars:
        said.disable_progress_bars()
    try:
        yield
    finally:
        _set(constants, before)
        if bars:
            said.enable_progress_bars()
        logging.set_verbosity(verbosity)


def _set(module: Any, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        setattr(module, name, value)


def fetch(repository: str, file: str | None = None) -> Path:
    """Where `file` of a repository, or weights of a usual name, lie in the hub's cache; downloaded if need be.

    A repository may end in "@revision". Without an answer of the hub's, what the cache holds is good enough.
    Raises what refusals.raised() lists.
    """
    names = (file,) if file else _USUAL
    with quietly():
        try:
            return _first(repository, names)
        except _unanswered() as error:
            if _is_no(error):
                raise
            for kept in (_kept(repository, name) for name in names):
                if kept is not None:
                    _say_kept(repository, error)
                    return _whole(kept, kept.resolve().name)
            raise


def _first(repository: str, names: Sequence[str]) -> Path:
    """Of the files that a repository has."""
    from huggingface_hub.errors import RemoteEntryNotFoundError

    for name in names[:-1]:
        with contextlib.suppress(RemoteEntryNotFoundError):
            return _fetched(repository, name)
    return _fetched(repository, names[-1])


def _fetched(repository: str, file: str) -> Path:
    """The hub is asked once: huggingface_hub itself would ask for half a minute where nobody answers."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    owned, _, revision = repository.partition("@")
    told = get_hf_file_metadata(hf_hub_url(owned, file, revision=revision or None))
    if not told.commit_hash or not told.etag:
        raise NotTheHub
    if _kept(repository, file) is None:
        _make_sure_of_room(told.size or 0)
    bar: Any = partial(_Bar, f"downloading {repository} (kB)")
    place = hf_hub_download(owned, file, revision=revision or None, tqdm_class=bar)
    return _whole(Path(place), told.etag)


def _unanswered() -> tuple[type[Exception], ...]:
    """What is raised where nobody answers, or where the hub cannot just now."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    return (OfflineModeIsEnabled, HfHubHTTPError.__bases__[0])  # the second is the HTTP library's own


def _is_no(error: Exception) -> bool:
    """Whether the hub has answered, and will not answer otherwise in a while: a kept file does not stand in then."""
    from huggingface_hub.errors import HfHubHTTPError

    return isinstance(error, HfHubHTTPError) and error.response.status_code in _NO


def _say_kept(repository: str, error: Exception) -> None:
    from huggingface_hub.errors import OfflineModeIsEnabled

    if not isinstance(error, OfflineModeIsEnabled):
        progress.say(f"{repository}: the hub does not answer; taken as it was downloaded before")


def _make_sure_of_room(size: int) -> None:
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).absolute()
    free = shutil.disk_usage(next(place for place in (cache, *cache.parents) if place.is_dir())).free
    if size > free:
        raise NoRoom(size, free)


def _whole(place: Path, name: str) -> Path:
    """`place`, which holds what is called `name`, by its SHA-256 where it is large. Raises NotWhole, and removes it,
    where it holds something else."""
    if len(name) == _SHA256 and files.sha256(place) != name:
        for path in {place.resolve(), place}:
            path.unlink()
        raise NotWhole(place.name)
    return place


class _Bar:
    """What huggingface_hub takes for a tqdm: bytes that have come, told as headstart tells progress."""

    def __init__(self, label: str, total: int | None = None, initial: int = 0, **_: Any) -> None:
        self.shown = progress.bar(label, (total or 0) // 1000)
        self.bytes, self.told = initial, 0
        self.advance: Callable[[int], None] = lambda steps: None

    def __enter__(self) -> _Bar:
        self.advance = self.shown.__enter__().advance
        self.update(0)
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self.shown.__exit__(*error)

    def update(self, count: int) -> None:
        """So many bytes more, or fewer where a server begins anew."""
        self.bytes += count
        self.advance(self.bytes // 1000 - self.told)
        self.told = self.bytes // 1000


def _kept(repository: str, file: str) -> Path | None:
    """Where a file lies in the hub's cache on this machine."""
    from huggingface_hub import try_to_load_from_cache

    name, _, revision = repository.partition("@")
    try:
        found = try_to_load_from_cache(name, file, revision=revision or None)
    except ValueError:  # no name that a repository can have
        return None
    return Path(found) if isinstance(found, str) else None


def has(repository: str, file: str | None = None) -> bool:
    """Whether weights of a repository lie in the hub's cache on this machine: `file`, or one of the usual names."""
    names: Sequence[str] = (file,) if file else _USUAL
    return any(_kept(repository, name) is not None for name in names)


def has_url(url: str) -> bool:
    """Whether what torch downloads from `url` lies in its folder on this machine."""
    from torch.hub import get_dir

    return (Path(get_dir()) / "checkpoints" / url.rpartition("/")[2]).is_file()
