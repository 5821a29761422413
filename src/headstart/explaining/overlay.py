"""Maps laid over pictures: orange where a place says more for the class than the picture's average place, blue where
it says less.

Both colours are of one lightness in Oklab (Ottosson 2020), so that only what is strong stands out, and are told apart
by eyes that see no red or no green. How strongly they cover the picture is how much a place says.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from headstart.data import decode
from headstart.explaining.grid import enlarged
from headstart.seeing.prints import ORANGE

if TYPE_CHECKING:
    from headstart.data.given import Given
    from headstart.data.preprocess import Preprocess

FOR, AGAINST = ORANGE, (72, 156, 255)
COVER = 0.8  # how much of the picture the strongest place hides
SIDE = 320  # pixels of a picture in a file
_GAP = 8
_FAINT = 0.08  # of the strongest: below that nothing is laid over the picture


def layer(grid: np.ndarray, side: int) -> Image.Image:
    """A map float32 [g, g] as colour and cover, "RGBA", side × side pixels."""
    away = grid - grid.mean()
    fine = enlarged(away / max(float(np.abs(away).max()), 1e-12), side)
    colour = np.where(fine[..., None] >= 0, np.array(FOR), np.array(AGAINST))
    strength = np.clip((np.abs(fine) - _FAINT) / (1 - _FAINT), 0, 1)
    cover = np.round(255 * COVER * strength).astype(np.uint8)
    return Image.fromarray(np.concatenate([colour, cover[..., None]], axis=2).astype(np.uint8), "RGBA")


def seen(picture: str | Given, preprocess: Preprocess, truncated: str = "refuse") -> Image.Image:
    """The part of a picture that the network sees, "RGB", SIDE × SIDE pixels. Raises PictureError."""
    with decode.content(picture) as held, decode.opened(held, truncated=truncated) as found:
        image = found.shown(preprocess.levels).convert("RGB")
        return image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=window(image.size, preprocess))


def window(size: tuple[int, int], preprocess: Preprocess) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of what the network sees of a picture of `size` (width, height), in its pixels."""
    side = min(size) * preprocess.size / preprocess.resize
    left, top = (size[0] - side) / 2, (size[1] - side) / 2
    return left, top, left + side, top + side


def beside(picture: Image.Image, grid: np.ndarray) -> Image.Image:
    """The plain picture, and the map laid over it to the right."""
    width, height = picture.size
    whole = Image.new("RGB", (2 * width + _GAP, height), "white")
    whole.paste(picture, (0, 0))
    over = layer(grid, max(picture.size)).resize(picture.size)
    whole.paste(Image.alpha_composite(picture.convert("RGBA"), over).convert("RGB"), (width + _GAP, 0))
    return whole


def png(image: Image.Image) -> bytes:
    """As a file's bytes."""
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
