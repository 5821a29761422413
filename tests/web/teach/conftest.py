"""A browser with a camera, a page to teach in, and pictures to teach it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import headstart
from tests.cli.conftest import picture
from tests.web import chromium
from tests.web.conftest import BROWSER
from tests.web.teach.using import SHAPES

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Chromium]:
    """One with a camera that shows a test picture."""
    assert BROWSER
    opened = chromium.Chromium(BROWSER, tmp_path_factory.mktemp("chromium"), *CAMERA)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teach") / "teach.html"
    headstart.teach("demo-cnn", path)
    return path


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """14 pictures of each of three shapes, a folder each."""
    root, draw = tmp_path_factory.mktemp("data") / "shapes", np.random.default_rng(0)
    for shape in SHAPES[:3]:
        (root / shape).mkdir(parents=True)
        for number in range(14):
            picture(shape, draw, 48).convert("RGB").save(root / shape / f"{number:02}.png")
    return root
