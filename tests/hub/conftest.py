"""The stand-in, and huggingface_hub with the settings that a process started beside it would have read."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from headstart.backbone import hub as asking
from tests.hub.stand_in import Hub

T = TypeVar("T")


@pytest.fixture
def hub(tmp_path: Path, settings: Callable[..., None]) -> Iterator[Hub]:
    """The stand-in, at which HF_ENDPOINT points, with an empty cache and nobody logged in."""
    with Hub().served() as served:
        settings(HF_ENDPOINT=served.endpoint, HF_HOME=str(tmp_path / "hf"))
        yield served


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """settings(NAME=value, …): variables of the environment, read as at the start of a process; None takes one away."""
    from huggingface_hub import constants
    from huggingface_hub.utils import close_session

    def set_(**variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        importlib.reload(constants)
        close_session()

    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    names = (*proxies, *map(str.lower, proxies), "HF_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE")
    with monkeypatch.context():
        set_(**dict.fromkeys(names))
        yield set_
    monkeypatch.undo()
    importlib.reload(constants)
    close_session()


@pytest.fixture
def cache(hub: Hub, tmp_path: Path) -> Path:
    """The hub's cache folder."""
    return tmp_path / "hf" / "hub"


def begun(hub: Hub) -> list[str | None]:
    """Where each request for a plain file begins."""
    return [one.headers.get("Range") for one in hub.requests("GET", "/files/")]


def kept(folder: Path) -> list[Path]:
    """What a download has left in its folder."""
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def until(found: Callable[[], T]) -> T:
    """What is found as soon as there is any."""
    end = time.monotonic() + 10
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return value


assert asking  # its settings are read before huggingface_hub is imported


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file gets larger than 600 kB: the nearest to a full disk without being root."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
