"""A page to teach in, and pictures to teach it with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart
from tests.cli.conftest import picture
from tests.web.teach.using import SHAPES


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
