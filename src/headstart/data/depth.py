"""Deep greys, of more than 8 bits: which of their values becomes black and which white.

What a sensor counts has no agreed scale: a microscope may use 88 to 256 of 65,535 values, a thermal camera 600 in the
middle. Divided by the full scale, such pictures are black; stretched each by itself, equal values come out unequal. So
one range is measured for a whole set: from each picture its own, less the share SHARE of its pixels at either end (a
sensor has hot ones), and over the training pictures the widest of these, less the hundredth of them at either end, at
least one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from headstart.errors import PictureError

if TYPE_CHECKING:
    from headstart.data.dataset import Dataset

GreyLevels = tuple[float, float]  # what becomes black, and what white

SHARE = 0.002
_SAMPLE = 1 << 20  # pixels that a picture's own range is taken from, at most
_STRIP = (
    1 << 22
)  # pixels that are worked on at a time: numpy's copies of all of them would be many times the picture
_BITS_PER_SAMPLE = 258


def is_deep(image: Image.Image) -> bool:
    """True for one channel of 16-bit or 32-bit integers or of floating point."""
    return image.mode.startswith("I") or image.mode == "F"


def strips(image: Image.Image, mode: str = "") -> Iterator[tuple[int, np.ndarray]]:
    """(first row, values [h, W] or [h, W, 3]) from top to bottom, as Pillow holds them or converted to `mode`."""
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        part = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield top, np.asarray(part.convert(mode) if mode not in ("", part.mode) else part)


def eight_bit(image: Image.Image, levels: GreyLevels | None = None) -> Image.Image:
    """A deep grey in mode "L": the lower of `levels` and all below is black, the upper and all above white.

    Without levels full scale stays full scale: see full_scale(). Raises PictureError where no value is finite.
    """
    own = full_scale(image)
    low, high = levels or own
    small = image.mode.startswith("I;16")
    table = _scaled(np.arange(1 << 16), low, high) if small else None
    made = Image.new("L", image.size)
    for top, values in strips(image):
        grey = _scaled(values, low, high) if table is None else table[values]
        made.paste(Image.fromarray(grey), (0, top))
    return made


def _scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """uint8: `low` becomes 0 and `high` 255; no number becomes 0."""
    with np.errstate(invalid="ignore"):
        scaled = (np.clip(values.astype(np.float64), low, high) - low) * (255 / ((high - low) or 1))
        return np.rint(np.nan_to_num(scaled)).astype(np.uint8)


def full_scale(image: Image.Image) -> GreyLevels:
    """What becomes black and white where no levels are known.

    16 bits: 0 and 65,535, also where integers of 32 bits hold no others; 12 bits of a TIFF: 0 and 4,095. Other integers
    and floating point: the picture's own least and greatest finite value. Raises PictureError where there is none.
    """
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
    full = (0, 4_095 if tuple(np.atleast_1d(bits)) == (12,) else 65_535)
    if image.mode.startswith("I;16"):
        return full
    low, high = _extent(image)
    return full if image.mode == "I" and low >= 0 and high <= 65_535 else (low, high)


def own_levels(image: Image.Image) -> GreyLevels:
    """The range of one deep grey, its outermost pixels left out. Raises PictureError where no value is finite."""
    step = math.ceil(math.sqrt(image.width * image.height / _SAMPLE))
    sample = np.concatenate([values[-top % step :: step, ::step].ravel() for top, values in strips(image)])
    values = sample[np.isfinite(sample)]
    if not len(values):
        return _extent(image)
    out = int(len(values) * SHARE)
    values = np.partition(values, (out, len(values) - 1 - out))
    low, high = float(values[out]), float(values[-1 - out])
    # What little stands on an even ground may be what the picture is about.
    return (low, high) if low < high else (float(values.min()), float(values.max()))


def levels_of(dataset: Dataset, index: np.ndarray) -> GreyLevels | None:
    """The range that the deep greys among the pictures at `index` share; None where there are none."""
    return None if dataset.levels is None else common_levels(dataset.levels[index])


def common_levels(levels: np.ndarray) -> GreyLevels | None:
    """One range out of those of N pictures, float64 [N, 2], not-a-number for those of 8 bits; None without a range."""
    known = levels[np.isfinite(levels).all(axis=1)]
    if not len(known):
        return None
    out = min(max(1, len(known) // 100), (len(known) - 1) // 2)
    low, high = np.sort(known[:, 0])[out], np.sort(known[:, 1])[-1 - out]
    if not low < high:
        low, high = known[:, 0].min(), known[:, 1].max()
    return (float(low), float(high)) if low < high else None


def stored_as(image: Image.Image) -> str:
    """numpy's name for the type that holds the values whatever the file's format: "<u2", "<i4" or "<f4"."""
    if image.mode == "F":
        return "<f4"
    low, high = full_scale(image)
    return "<u2" if low >= 0 and high <= 65_535 else "<i4"


def _extent(image: Image.Image) -> GreyLevels:
    ends = [
        (finite.min(), finite.max())
        for _, values in strips(image)
        if len(finite := values[np.isfinite(values)])
    ]
    if not ends:
        raise PictureError("holds no finite value")
    lows, highs = zip(*ends, strict=True)
    return float(min(lows)), float(max(highs))
