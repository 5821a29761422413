"""Small pictures on disk: every call of `paint` draws another one."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def paint() -> Callable[..., Path]:
    """paint(path, seed=None, size=8) writes a PNG of random colours; equal seeds give equal pixels."""
    seeds = itertools.count(1000)

    def paint(path: Path, seed: int | None = None, size: int = 8) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(next(seeds) if seed is None else seed).integers(
            0, 256, (size, size, 3)
        )
        Image.fromarray(pixels.astype(np.uint8)).save(path, "PNG")
        return path

    return paint


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """encode(image, format, **options): the bytes of a picture file."""

    def encode(image: Image.Image, form: str, **options: object) -> bytes:
        out = io.BytesIO()
        image.save(out, form, **options)
        return out.getvalue()

    return encode


@pytest.fixture
def tree(tmp_path: Path, paint: Callable[..., Path]) -> Callable[..., Path]:
    """tree({"cats": 4, "train/dogs": 3}) → a folder with so many pictures in each."""

    def tree(counts: dict[str, int], root: str = "pets") -> Path:
        for folder, count in counts.items():
            (tmp_path / root / folder).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                paint(tmp_path / root / folder / f"{number:03d}.png")
        return tmp_path / root

    return tree
