"""The model hub, asked only when the user asks for a network's weights: no usage reporting, no minutes of retries.

Files come by headstart.backbone.download, over plain HTTP, and are held against the hash that the hub calls them by.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from headstart import files, progress
from headstart.backbone.download import NotWhole, Wanted, download, http_error

# Read when huggingface_hub is imported, so this module comes before whatever imports it (timm does).
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_USUAL = ("model.safetensors", "pytorch_model.bin")
_NO = (401, 403, 404, 410)  # what the hub answers where it knows, or forbids
_GIT = re.compile(r"[0-9a-f]{40}")  # Git's SHA-1, of a commit or of a file
_BLOB = re.compile(rf"{_GIT.pattern}|[0-9a-f]{{64}}")  # of a file: SHA-256, where Git LFS keeps it


class NotTheHub(Exception):
    """Something else answers at the hub's address: a login page of the network, or a wrong HF_ENDPOINT. It does not
    choose the path that is written: names of commits and files are hashes, or it is not the hub."""


@contextlib.contextmanager
def quietly(*, offline: bool = False) -> Iterator[None]:
    """Within the block huggingface_hub says nothing of its own, moves files over plain HTTP, and with `offline` asks
    nobody."""
    from huggingface_hub import constants
    from huggingface_hub import utils as said
    from huggingface_hub.utils import logging

    bars = constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not said.are_progress_bars_disabled()
    settings: dict[str, Any] = {"HF_HUB_DISABLE_XET": True}
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
    name = told.etag or ""
    if not _GIT.fullmatch(told.commit_hash or "") or not _BLOB.fullmatch(name):
        raise NotTheHub
    blob = _blob(owned, name)
    if _kept(f"{owned}@{told.commit_hash}", file) is None:
        label, headers = f"downloading {repository} (kB)", _headers(told.location)
        download(Wanted(told.location, blob, file, label, partial(_is_called, name), told.size or 0, headers))
    place = Path(hf_hub_download(owned, file, revision=revision or None))  # finds it, and gives it its name
    if not place.is_symlink():  # a system without links, where it was copied
        blob.unlink(missing_ok=True)
    return _whole(place, name)


def _blob(owned: str, name: str) -> Path:
    """Where the hub's cache keeps what is in a file."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = repo_folder_name(repo_id=owned, repo_type="model")
    return Path(constants.HF_HUB_CACHE).absolute() / folder / "blobs" / name


def _headers(location: str) -> dict[str, str]:
    """Of a request for a file; the user's token is for the hub alone."""
    from huggingface_hub.utils import build_hf_headers

    return build_hf_headers(token=None if is_own(location) else False)


def is_own(url: str) -> bool:
    """Whether an address is the hub's own, and not that of a store to which it points, as it does for large files."""
    from huggingface_hub import constants

    return _server(url) == _server(constants.ENDPOINT)


def _server(url: str) -> str:
    """Without the usual ports, which the HTTP library leaves out."""
    return re.sub(":(80|443)$", "", urlsplit(url).netloc.lower())


def _unanswered() -> tuple[type[Exception], ...]:
    """What is raised where nobody answers, or where the hub cannot just now."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    return (OfflineModeIsEnabled, http_error())


def _is_no(error: Exception) -> bool:
    """Whether the hub itself has answered, and will not answer otherwise in a while: a kept file does not stand in
    then."""
    from huggingface_hub.errors import HfHubHTTPError

    if not isinstance(error, HfHubHTTPError) or error.response.status_code not in _NO:
        return False
    return is_own(str(error.response.url))


def _say_kept(repository: str, error: Exception) -> None:
    from huggingface_hub.errors import OfflineModeIsEnabled

    if not isinstance(error, OfflineModeIsEnabled):
        progress.say(f"{repository}: the hub does not answer; taken as it was downloaded before")


def _whole(place: Path, name: str) -> Path:
    """`place`, which holds what the hub calls `name`. Raises NotWhole, and removes it, where it holds something else.

    A system without links keeps no name that is a hash: nothing is known of a file there.
    """
    if _BLOB.fullmatch(name) and not _is_called(name, place):
        for path in {place.resolve(), place}:
            path.unlink()
        raise NotWhole(place.name)
    return place


def _is_called(name: str, path: Path) -> bool:
    """Whether a file is the one that the hub calls so."""
    return name == (_git_hash(path) if _GIT.fullmatch(name) else files.sha256(path))


def _git_hash(path: Path) -> str:
    """What Git calls a file: SHA-1 of its length and of what is in it (`git hash-object`)."""
    begun = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: begun).hexdigest()


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
