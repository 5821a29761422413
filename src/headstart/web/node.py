"""The page's engine, run by node where there is one: what a browser would answer, asked from Python."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headstart.errors import BackboneError
from headstart.web.page import HERE

HOW = ("frames", "pictures", "prepared", "features")  # as check.js counts them


def found() -> str | None:
    """node's path, where there is one."""
    return shutil.which("node")


class Engine:
    """A page's engine in a node of its own, which there must be; close() ends it."""

    def __init__(self, page: Path) -> None:
        node = found()
        assert node
        command = [node, str(HERE / "check.js"), str(page)]
        pipe = subprocess.PIPE
        self._node = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)

    def ask(self, picture: np.ndarray, how: str) -> dict[str, Any]:
        """What the page answers to a picture, uint8 [H, W, 3].

        how: "frames", prepared already; "pictures"; "prepared", which tells only the frame that a picture becomes; or
        "features", only what the head reads of a frame.
        Raises BackboneError with what node said.
        """
        asked, told = self._node.stdin, self._node.stdout
        assert asked
        assert told
        with contextlib.suppress(BrokenPipeError):
            asked.write(np.array([HOW.index(how), *picture.shape[1::-1]], "<u4").tobytes())
            asked.write(np.ascontiguousarray(picture).tobytes())
            asked.flush()
        line = told.readline()
        if not line:
            raise BackboneError(f"the page's engine fails under node: {self._last_words()}")
        return json.loads(line)

    def _last_words(self) -> str:
        assert self._node.stderr
        said = self._node.stderr.read().decode("utf-8", "replace").strip()
        return next((line for line in said.splitlines() if "Error" in line), "?")

    def close(self) -> None:
        for stream in (self._node.stdin, self._node.stdout, self._node.stderr):
            assert stream
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self._node.wait()


@contextlib.contextmanager
def engine(html: str) -> Iterator[Engine]:
    """The engine of a page that is no file yet."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html, encoding="utf-8")
        with contextlib.closing(Engine(page)) as made:
            yield made


def ask(html: str, pictures: Sequence[np.ndarray], how: str) -> list[dict[str, Any]]:
    """Engine.ask() of each."""
    with engine(html) as asked:
        return [asked.ask(one, how) for one in pictures]
