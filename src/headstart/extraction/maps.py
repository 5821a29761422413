"""maps(): what a network says at every place of a picture, at some of its stages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from headstart.backbone import MAP, Backbone, Stage
from headstart.data.given import Given
from headstart.extraction.extract import run
from headstart.runtime import Execution, Resolved, Runtime, Trunk, resolve, start


def maps(
    pictures: Sequence[str | Given],
    trunk: Trunk,
    *,
    execution: Execution | Resolved = Execution(),  # noqa: B008 - frozen
    truncated: str = "refuse",
) -> Iterator[tuple[np.ndarray, ...]]:
    """Batch by batch, of each of the trunk's stages, whatever its pooling: float32 [B, C, H, W], or [B, D, 1, 1] where
    there are no places.

    Raises PictureError that names the picture which cannot be used, BackboneError.
    """
    how = resolve(execution)
    return seen_by(start(unpooled(trunk), how), trunk.backbone, trunk.stages, pictures, how, truncated)


def unpooled(trunk: Trunk) -> Trunk:
    """The same network putting out maps, without its source head."""
    return Trunk(trunk.backbone, trunk.stages, MAP, False, trunk.module, trunk.draw)


def seen_by(
    runtime: Runtime,
    backbone: Backbone,
    stages: Sequence[Stage],
    pictures: Sequence[str | Given],
    how: Resolved,
    truncated: str = "refuse",
) -> Iterator[tuple[np.ndarray, ...]]:
    """As maps(), from a runtime that puts out maps already."""
    for outputs in run(runtime, backbone, pictures, how, truncated):
        yield tuple(in_places(x, stage) for x, stage in zip(outputs, stages, strict=True))


def in_places(x: np.ndarray, stage: Stage) -> np.ndarray:
    """A stage's output in its own layout → [B, C, H, W]; tokens stand in one row, vectors at one place."""
    if stage.layout == "NC":
        return x.reshape(*x.shape[:1], -1, 1, 1)
    if stage.layout == "NLC":
        return x.transpose(0, 2, 1)[:, :, None]
    return x.transpose(0, 3, 1, 2) if stage.layout == "NHWC" else x


def square(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tokens in one row, [..., 1, L] → ([..., h, h]: the square of patches that they were made of; [..., L - h²]: those
    before it, such as a class token, which have no place)."""
    length = x.shape[-1]
    side = math.isqrt(length)
    before = length - side * side
    return x[..., 0, before:].reshape(*x.shape[:-2], side, side), x[..., 0, :before]
