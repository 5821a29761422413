"""What benchmarks of a page are asked: a bundle, pictures, and how many of them."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import headstart
from headstart.data import decode
from headstart.model.formats import html

SUFFIXES = (".jpg", ".jpeg", ".png")


def parser(doc: str, most: int) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("bundle", type=Path)
    made.add_argument("pictures", type=Path)
    made.add_argument("--bits", type=int, default=16)
    made.add_argument("--most", type=int, default=most)
    return made


def some(folder: Path, most: int) -> list[Path]:
    """Pictures of a folder and all that is below it, in an order that their names' hash gives."""
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    paths.sort(key=lambda path: hashlib.sha256(str(path.relative_to(folder)).encode()).digest())
    return paths[:most]


def pictures(folder: Path, most: int) -> list[np.ndarray]:
    """uint8 [H, W, 3] each."""
    return [decode.decode(path.read_bytes()) for path in some(folder, most)]


@contextmanager
def page(model: headstart.Model, bits: int) -> Iterator[Path]:
    """The model's classifier.html, for a while."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / html.NAME
        html.export(model, path, bits)
        yield path
