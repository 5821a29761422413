"""First-layer filters as a picture: the one layer of a network whose weights can be looked at as they are."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image
from torch import nn

_PIXELS = 7  # side of one weight, in pixels of the picture
_GAP = 4


def first_filters(module: nn.Module) -> np.ndarray | None:
    """The first convolution's filters as a mosaic, uint8 [H, W, 3]; None where it does not see three channels.

    Each filter is scaled by its own greatest weight: grey is 0, a channel brighter than grey adds, darker takes away.
    """
    layer = next((m for m in module.modules() if isinstance(m, nn.Conv2d)), None)
    if layer is None or layer.weight.shape[1] != 3:
        return None
    weights = layer.weight.detach().float().cpu().numpy().transpose(0, 2, 3, 1)
    greatest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    tiles = np.rint(127.5 + 127.5 * weights / np.maximum(greatest, 1e-12)).astype(np.uint8)
    tiles = tiles.repeat(_PIXELS, axis=1).repeat(_PIXELS, axis=2)
    columns = math.ceil(math.sqrt(2 * len(tiles)))
    side = tiles.shape[1] + _GAP
    mosaic = np.full((math.ceil(len(tiles) / columns) * side + _GAP, columns * side + _GAP, 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        top, left = (_GAP + side * i for i in divmod(place, columns))
        mosaic[top : top + len(tile), left : left + len(tile)] = tile
    return mosaic


def png(picture: np.ndarray) -> bytes:
    """uint8 [H, W, 3] as a PNG file's content."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", optimize=True)
    return out.getvalue()
