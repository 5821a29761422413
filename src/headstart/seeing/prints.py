"""What is shown of frames and maps, as arrays: patches cut out, maps laid over the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from headstart.seeing.layers import Box
from headstart.seeing.receptive import Field

PATCH, TILE = 96, 112  # pixels a side, as they are shown
_LEAST = 7  # a patch shows at least this part of the frame's side, so that one sees what it is part of
ORANGE = (235, 120, 0)  # what says yes: where a unit answers, and in headstart.explaining.overlay


@dataclass(frozen=True)
class Prints:
    """Pictures of a Layers, uint8 [h, w, 3] each.

    frame    the one picture, as the network sees it; filters: of the first layer, None where it does not see colours
    maps     (stage, unit) → its map of that picture, laid over it
    patches  (stage, unit) → its patches, in their order
    """

    frame: np.ndarray
    filters: np.ndarray | None = None
    maps: Mapping[tuple[str, int], np.ndarray] = field(default_factory=dict)
    patches: Mapping[tuple[str, int], list[np.ndarray]] = field(default_factory=dict)


def box_of(field: Field, place: tuple[int, int], side: int) -> Box:
    """What of a frame is cut out for a unit that is strongest at `place`: its field, clipped by the frame.

    Where the field is more than half the frame, its core; half the frame at most, around the same middle.
    """
    (top, bottom), (left, right) = (_cut(field, at, side) for at in place)
    return left, top, right, bottom


def shown_side(field: Field, side: int) -> int:
    """Pixels a side of what box_of() cuts out of a frame of `side`, borders aside."""
    if not field.stride:
        return side
    if not field.whole and field.size <= side / 2:
        return field.size
    return min(field.core_size, side // 2)


def outlined(shown: int, side: int) -> bool:
    """Whether a patch of `shown` pixels a side is so small a part of a frame of `side` that what lies around it is
    shown too."""
    return shown < side // _LEAST


def _cut(field: Field, at: int, side: int) -> tuple[int, int]:
    if not field.stride or (not field.whole and field.size <= side / 2):
        return field.span(at, side)
    length = shown_side(field, side)
    middle = field.core_offset + at * field.stride + field.core_size / 2
    start = min(max(0, round(middle - length / 2)), side - length)
    return start, start + length


def patch(frame: np.ndarray, box: Box, least: int) -> np.ndarray:
    """The part of the frame in `box`, at PATCH pixels; where that is less than `least` pixels a side, with what lies
    around it, and a line around the box."""
    shown = _around(box, max(least, len(frame) // _LEAST, 1), len(frame))
    left, top, right, bottom = shown
    scale = PATCH / max(right - left, bottom - top)
    kind = Image.Resampling.BICUBIC if scale < 4 else Image.Resampling.NEAREST
    shape = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    cut = np.array(Image.fromarray(frame[top:bottom, left:right]).resize(shape, kind))
    if shown != box:
        _line(cut, [round((edge - start) * scale) for edge, start in zip(box, (left, top) * 2, strict=True)])
    return cut


def _around(box: Box, least: int, side: int) -> Box:
    """The box, grown to `least` pixels a side, within the frame."""
    (left, right), (top, bottom) = (
        _grown(low, high, least, side) for low, high in ((box[0], box[2]), (box[1], box[3]))
    )
    return left, top, right, bottom


def _grown(low: int, high: int, least: int, side: int) -> tuple[int, int]:
    length = min(max(least, high - low), side)
    start = min(max(0, (low + high - length) // 2), side - length)
    return start, start + length


def _line(cut: np.ndarray, box: list[int]) -> None:
    """A white line around the box and a dark one beside it, within the picture."""
    height, width = cut.shape[:2]
    for inward, colour in ((0, 0), (1, 255)):
        left, top = max(box[0], 0) + inward, max(box[1], 0) + inward
        right, bottom = min(box[2], width) - 1 - inward, min(box[3], height) - 1 - inward
        cut[[top, bottom], left : right + 1] = colour
        cut[top : bottom + 1, [left, right]] = colour


def overlay(frame: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A unit's map [H, W] over the grey frame: orange and bright where it answers, from its median to its greatest."""
    low, high = float(np.median(x)), float(x.max())
    share = np.clip((x - low) / max(high - low, 1e-12), 0, 1).astype(np.float32)
    size = (TILE, TILE)
    kind = Image.Resampling.BILINEAR if min(x.shape) < TILE else Image.Resampling.BOX
    weight = np.array(Image.fromarray(share).resize(size, kind))[..., None]
    grey = np.array(Image.fromarray(frame).convert("L").resize(size, Image.Resampling.LANCZOS), np.float32)
    dim = 0.55 * grey[..., None] + 12
    return np.clip(dim + weight * (np.array(ORANGE, np.float32) - dim) * 0.9, 0, 255).astype(np.uint8)
