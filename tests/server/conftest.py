"""A small bundle, the application around it, and a server of one's own on loopback."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import headstart as library
from headstart import stopping
from headstart.model import Model
from headstart.runtime import Execution
from headstart.server import serving
from headstart.server.access import Access
from headstart.server.answering import Answering
from headstart.server.app import application
from headstart.server.guard import Guard
from headstart.server.limits import Limits
from headstart.server.page import Page
from tests.cli.conftest import picture, tree

PAGE = Page(b"<!DOCTYPE html><title>page</title>", alone=True)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a temperature, sets and a line to strangers, for which it takes some pictures."""
    folder = tmp_path_factory.mktemp("served")
    tree(folder / "shapes", each=40)
    library.train(folder / "shapes", backbone="demo-cnn", case=1, output=folder / "run")
    return folder / "run"


@pytest.fixture(scope="session")
def loaded(bundle: Path) -> Model:
    return library.load(bundle)


def encoded(seed: int, side: int = 24, kind: str = "PNG", name: str = "circle") -> bytes:
    held = io.BytesIO()
    picture(name, np.random.default_rng(seed), side).save(held, kind)
    return held.getvalue()


def bomb(width: int, height: int) -> bytes:
    """The head of a PNG that says so many pixels, in a few bytes."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


def cut(data: bytes) -> bytes:
    """Without its second half."""
    return data[: len(data) // 2]


def built(model: Model, token: str = "", tell: Callable[[str], None] | None = None, **limits: Any) -> Guard:
    bound = replace(Limits(), **limits)
    answering = Answering(model, Execution(), bound)
    return Guard(application(answering, PAGE), Access(frozenset({"localhost"}), token), bound, tell)


def client(guard: Guard, **options: Any) -> TestClient:
    return TestClient(guard, base_url="http://localhost", **options)


@pytest.fixture(scope="module")
def api(loaded: Model) -> Iterator[TestClient]:
    with client(built(loaded)) as opened:
        yield opened


def files(*contents: bytes, name: str = "{}.png") -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("file", (name.format(place), content, "image/png")) for place, content in enumerate(contents)]


@contextmanager
def running(guard: Guard, limits: Limits | None = None) -> Iterator[int]:
    """The port of a server in a thread, which ends in order with the block."""
    ready = threading.Event()
    with serving.bound("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(
            target=serving.serve, args=(guard, listening, limits or Limits(), ready.set)
        )
        thread.start()
        assert ready.wait(10)
        try:
            yield port
        finally:
            with stopping.in_order():
                stopping.ask(15)
            thread.join(20)
            stopping.forget()
            assert not thread.is_alive()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))
