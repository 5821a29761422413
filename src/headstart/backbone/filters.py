"""First-layer filters as a picture: the one layer of a network whose weights can be looked at as they are."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from torch import nn

_PIXELS = 7  # side of one weight, in pixels of the picture
_GAP = 4


def first_filters(module: nn.Module) -> np.ndarray | None:
    """The first convolution's filters as a mosaic, uint8 [H, W, 3]; None where it does not see three channels."""
    from torch import nn

    layer = next((m for m in module.modules() if isinstance(m, nn.Conv2d)), None)
    return None if layer is None else mosaic(layer.weight.detach().float().cpu().numpy())


def mosaic(weights: np.ndarray, *, pixels: int = _PIXELS) -> np.ndarray | None:
    """The filters float [F, 3, h, w] side by side, uint8 [H, W, 3]; None where they do not see three channels.

    Each filter is scaled by its own greatest weight: grey is 0, a channel brighter than grey adds, darker takes away.
    pixels: side of one weight in the picture.
    """
    if weights.ndim != 4 or weights.shape[1] != 3:
        return None
    weights = weights.astype(np.float32).transpose(0, 2, 3, 1)
    greatest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    tiles = np.rint(127.5 + 127.5 * weights / np.maximum(greatest, 1e-12)).astype(np.uint8)
    tiles = tiles.repeat(pixels, axis=1).repeat(pixels, axis=2)
    columns = math.ceil(math.sqrt(2 * len(tiles)))
    height, width = tiles.shape[1] + _GAP, tiles.shape[2] + _GAP
    made = np.full(
        (math.ceil(len(tiles) / columns) * height + _GAP, columns * width + _GAP, 3), 255, np.uint8
    )
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        top, left = _GAP + height * row, _GAP + width * column
        made[top : top + len(tile), left : left + tile.shape[1]] = tile
    return made


def png(picture: np.ndarray) -> bytes:
    """uint8 [H, W, 3] as a PNG file's content."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", optimize=True)
    return out.getvalue()
