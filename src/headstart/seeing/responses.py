"""What pictures draw from every unit, in one pass: how strongly, where, and the moments that a probe reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headstart import progress
from headstart.backbone import EPSILON
from headstart.data.dataset import Dataset
from headstart.data.loader import frames
from headstart.extraction import Features
from headstart.seeing.feature_maps import FeatureMaps


@dataclass(frozen=True)
class Responses:
    """Of N pictures and one stage's C units.

    shape     (H, W): places of the stage's map
    greatest  float32 [N, C]: the strongest answer over all places
    place     int64 [N, C]: where that is, row × W + column
    mean, spread   float32 [N, C]: over all places
    """

    shape: tuple[int, int]
    greatest: np.ndarray
    place: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


def respond(network: FeatureMaps, dataset: Dataset) -> dict[str, Responses]:
    """Stage → what the pictures draw from it. Raises PictureError that names the picture which cannot be used."""
    rows: list[list[tuple[np.ndarray, ...]]] = [[] for _ in network.stages]
    shapes: list[tuple[int, int]] = [(1, 1)] * len(network.stages)
    batches = (batch for _, batch in framed(network, dataset))
    with progress.bar("feature maps", len(dataset)) as bar:
        for outputs in network.of(batches):
            for stage, x in enumerate(outputs):
                rows[stage].append(_summary(x))
                shapes[stage] = (x.shape[2], x.shape[3])
            bar.advance(len(outputs[0]))
    return {
        stage.name: Responses(shape, *(np.concatenate(part) for part in zip(*found, strict=True)))
        for stage, shape, found in zip(network.stages, shapes, rows, strict=True)
    }


def framed(network: FeatureMaps, dataset: Dataset, size: int = 0):
    """(places, uint8 [B, S, S, 3]) of the pictures, in order; made ready while they were looked at, where they were."""
    preprocess = network.backbone.preprocess
    ready = [
        dataset.ready(digest, picture, preprocess)
        for digest, picture in zip(dataset.digests, dataset.pictures, strict=True)
    ]
    return frames(
        ready,
        preprocess,
        batch_size=size or network.batch,
        workers=network.how.workers,
        truncated=dataset.truncated,
    )


def _summary(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """[B, C, H, W] → greatest, place, mean, spread, each [B, C]."""
    flat = x.reshape(*x.shape[:2], -1)
    place = flat.argmax(axis=2)
    greatest = np.take_along_axis(flat, place[..., None], axis=2)[..., 0]
    mean = flat.mean(axis=2)
    return greatest, place, mean, np.sqrt(flat.var(axis=2) + EPSILON)


def pooled(responses: Mapping[str, Responses]) -> Features:
    """The same as features, such as a probe reads: mean and spread of maps, vectors as they are."""
    return Features(
        {
            name: found.mean if found.shape == (1, 1) else np.concatenate([found.mean, found.spread], axis=1)
            for name, found in responses.items()
        },
        None,
    )
