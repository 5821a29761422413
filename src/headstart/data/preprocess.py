"""Preprocess: from a decoded picture to the network's input. One code path for train, predict and serve."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from headstart.data.colours import as_rgb
from headstart.data.depth import GreyLevels
from headstart.errors import BackboneError

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_LARGEST = 1 << 14  # pixels a side: no network takes more


@dataclass(frozen=True)
class Preprocess:
    """How a picture becomes an input. Belongs to the weights and travels with them; `levels` are the data set's.

    size           input height and width in pixels (square)
    resize         length of the shorter side before the centre crop, in pixels (≥ size)
    interpolation  "bicubic", "bilinear", "lanczos" or "nearest" (Pillow's filters, antialiased)
    mean, std      per channel (R, G, B), on the scale where a pixel is 0 to 1
    levels         the values of deep greys that become black and white (headstart.data.depth); None where no such
                   pictures were measured
    """

    size: int
    resize: int
    interpolation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    levels: GreyLevels | None = None

    def __post_init__(self) -> None:
        whole = type(self.size) is int and type(self.resize) is int
        if not whole or not 1 <= self.size <= self.resize <= _LARGEST:
            raise BackboneError(
                f"preprocess: size {self.size}, resize {self.resize}; expected 1 <= size <= resize <= {_LARGEST}"
            )
        if self.interpolation not in _FILTERS:
            raise BackboneError(
                f"preprocess: interpolation {self.interpolation!r} is not one of {', '.join(_FILTERS)}"
            )
        if not all(math.isfinite(value) for value in (*self.mean, *self.std)) or len(self.mean) != 3:
            raise BackboneError(f"preprocess: mean {list(self.mean)}; expected 3 finite numbers")
        if len(self.std) != 3 or min(self.std) <= 0:
            raise BackboneError(f"preprocess: std {list(self.std)}; expected 3 numbers above 0")
        if self.levels and not (
            len(self.levels) == 2 and all(map(math.isfinite, self.levels)) and self.levels[0] < self.levels[1]
        ):
            raise BackboneError(f"preprocess: levels {self.levels}; expected two numbers, the lower first")

    def at(self, size: int) -> Preprocess:
        """The same preparation for another input size; the margin around the crop keeps its proportion."""
        return replace(self, size=size, resize=max(size, round(self.resize * size / self.size)))

    def frame(self, picture: np.ndarray | Image.Image, size: tuple[int, int] | None = None) -> np.ndarray:
        """uint8 [H, W, 3], or an image in mode "RGB" or "L" → uint8 [size, size, 3]: shorter side to `resize`, then
        the centre.

        size: (width, height) of the picture in its file, where it was decoded at 1/2, 1/4 or 1/8 of it.
        Rounds as torchvision's Resize and CenterCrop do, so that timm's evaluation transform agrees.
        """
        image = self._scaled(picture, size)
        left, top = (round((side - self.size) / 2.0) for side in image.size)
        return np.asarray(as_rgb(image.crop((left, top, left + self.size, top + self.size))))

    def shrunk(self, picture: np.ndarray | Image.Image) -> np.ndarray:
        """uint8 [h, w, 3], the shorter side at most `resize`: what frame() makes of it is the same."""
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        return np.asarray(as_rgb(image if min(image.size) <= self.resize else self._scaled(image)))

    def _scaled(self, picture: np.ndarray | Image.Image, size: tuple[int, int] | None = None) -> Image.Image:
        """The picture, in its file of `size`, with a shorter side of `resize`."""
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        width, height = size or image.size
        if min(width, height) == self.resize:
            return image
        scale = round(max(width, height) / max(image.size))
        shape = (
            self.resize if width <= height else int(self.resize * width / height),
            self.resize if height <= width else int(self.resize * height / width),
        )
        # The last row and column of a picture decoded small may stand for less than a whole one.
        box = (0, 0, width / scale, height / scale)
        return image.resize(shape, _FILTERS[self.interpolation], box=box)

    def normalise(self, batch: np.ndarray) -> np.ndarray:
        """uint8 [B, S, S, 3] → float32 [B, 3, S, S], contiguous: (pixel / 255 − mean) / std."""
        scale, shift = self.scale_and_shift()
        out = np.empty((batch.shape[0], 3, *batch.shape[1:3]), np.float32)
        for channel in range(3):
            np.multiply(batch[..., channel], scale[channel], out=out[:, channel])
            out[:, channel] -= shift[channel]
        return out

    def scale_and_shift(self) -> tuple[np.ndarray, np.ndarray]:
        """float32 [3] each: a pixel's scale · value − shift is what normalise() makes of it."""
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return np.float32(1) / (np.float32(255) * std), mean / std

    def to_dict(self) -> dict[str, Any]:
        """As JSON; without `levels` where there are none, as it was before there were any."""
        return {name: value for name, value in asdict(self).items() if name != "levels" or value is not None}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Preprocess:
        pairs = {
            name: tuple(values[name]) for name in ("mean", "std", "levels") if values.get(name) is not None
        }
        return Preprocess(**{**values, **pairs})
