"""Pictures as a Python program has them: paths, files' bytes, Pillow images, arrays, or a sequence that mixes them.

A picture is a string, which is a path, or Given, which is in memory.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from headstart.data.quiet import DAMAGE, quiet
from headstart.errors import DataError

_EXPECTED = (
    "expected a path, the bytes of a picture file, a PIL image, a uint8 array [H, W, 3], [H, W] or [N, H, W, 3], "
    "a uint16 array [H, W], or a sequence of these"
)


# What a picture may be read from: a file's bytes, a Pillow image, or an array (see given()).
Content = bytes | Image.Image | np.ndarray


class Given(NamedTuple):
    """A picture that is in memory already, and what it is called, such as `pictures[3]`."""

    name: str
    content: Content


def name_of(picture: str | Given) -> str:
    """What a picture is called wherever it is spoken of: its path, or `pictures[3]`."""
    return picture.name if isinstance(picture, Given) else picture


def given(pictures: Any, *, keep: bool = False) -> list[str | Given]:
    """One entry for each picture that is meant; a string is one path. Raises DataError for anything else.

    keep: arrays and images are copied, so that what is done to them later changes nothing here. What an iterator
    yields always is: it may be one buffer that is filled again and again.
    """
    keep = keep or isinstance(pictures, Iterator)
    one = _one(pictures, "the picture", keep=keep)
    if one is not None:
        return [one]
    if isinstance(pictures, Mapping | Set | io.IOBase) or not isinstance(pictures, Iterable):
        raise DataError(f"pictures: {_kind(pictures)}; {_EXPECTED}")
    if isinstance(pictures, np.ndarray) and not _stacked(pictures):
        raise DataError(f"pictures: {_kind(pictures)}; {_EXPECTED}")
    found = []
    for number, picture in enumerate(pictures):
        one = _one(picture, f"pictures[{number}]", keep=keep)
        if one is None:
            raise DataError(f"pictures[{number}]: {_kind(picture)}; {_EXPECTED}")
        found.append(one)
    return found


def first_frame(image: Image.Image) -> Image.Image:
    """The image, or a copy of its first frame where it stands at another, at which it is left."""
    at = image.tell()
    if at == 0:
        return image
    image.seek(0)
    try:
        return image.copy()
    finally:
        image.seek(at)


def _one(picture: Any, name: str, *, keep: bool) -> str | Given | None:
    """None where it is no single picture."""
    if isinstance(picture, Given):
        return picture
    if isinstance(picture, str | os.PathLike):
        return os.fsdecode(picture)
    if isinstance(picture, bytes | bytearray | memoryview):
        return Given(name, bytes(picture))
    if isinstance(picture, Image.Image) and min(picture.size) < 1:
        raise DataError(
            f"{name}: a picture of {picture.width} × {picture.height} pixels; expected one or more"
        )
    if isinstance(picture, Image.Image) or (isinstance(picture, np.ndarray) and _painted(picture)):
        return Given(name, _copy(picture) if keep else picture)
    return None


def _copy(picture: Image.Image | np.ndarray) -> Image.Image | np.ndarray:
    if isinstance(picture, np.ndarray):
        return picture.copy()
    tiles = getattr(picture, "tile", ())  # gone once it is loaded; colours.exact() tells lost bits by them
    with quiet:
        try:
            copy = first_frame(picture).copy()
        except DAMAGE:
            return picture  # decoding it will say what is wrong
    setattr(copy, "tile", tiles)  # noqa: B010 - Pillow's type does not name it
    return copy


def _painted(array: np.ndarray) -> bool:
    """Whether the array is one picture."""
    if array.ndim == 2:
        return array.dtype in (np.uint8, np.uint16) and array.size > 0
    return array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3 and array.size > 0


def _stacked(array: np.ndarray) -> bool:
    """Whether the array holds several pictures, or things that may be."""
    return (array.ndim == 1 and array.dtype.kind in "OU") or (array.ndim == 4 and array.dtype == np.uint8)


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {list(value.shape)}"
    return f"of type {type(value).__name__}"
