"""look(): feature maps, patches and probes of a network's stages, and the pictures that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headstart import progress
from headstart.backbone import Stage
from headstart.backbone.filters import mosaic
from headstart.data.dataset import Dataset
from headstart.data.given import Given, name_of
from headstart.data.loader import frames
from headstart.data.split import folds
from headstart.evidence.control import FOLDS
from headstart.evidence.facts import CutScore
from headstart.evidence.profile import ProbeTable
from headstart.runtime import Trunk
from headstart.seeing.feature_maps import FeatureMaps
from headstart.seeing.first_layer import first_weights
from headstart.seeing.layers import Layer, Layers, Unit
from headstart.seeing.patches import cut_out, units
from headstart.seeing.prints import Prints, overlay
from headstart.seeing.receptive import Field, fields
from headstart.seeing.responses import Responses, pooled, respond
from headstart.seeing.units import varied

STRONGEST = 8  # maps of one picture that are shown of a stage
_SQUARE = 32  # pixels a side of one filter in the picture, about


@dataclass(frozen=True)
class Looked:
    """The numbers, and what is shown of them."""

    layers: Layers
    prints: Prints


@dataclass(frozen=True)
class _OnData:
    """What the data set's pictures say: of each stage its responses, the units that are shown, its probe."""

    responses: Mapping[str, Responses]
    units: Mapping[str, tuple[Unit, ...]]
    scores: Mapping[str, CutScore]


def look(
    network: FeatureMaps,
    dataset: Dataset | None = None,
    picture: str | Given | None = None,
    *,
    stages: Sequence[str] = (),
    trunk: Trunk | None = None,
    seed: int = 0,
) -> Looked:
    """The stages called `stages`, or all, on the data set's pictures, the one picture, or both.

    Without `picture` it is the one on which the last stage with places answers most to a single place. trunk: what
    `network` was made of, for its filters. Raises ValueError without any picture, PictureError for one that cannot be
    used.
    """
    chosen = [stage for stage in network.stages if not stages or stage.name in stages]
    seen = fields(network)
    on_data = _OnData({}, {}, {})
    if dataset is not None:
        found = respond(network, dataset)
        shown = {
            stage.name: units(found[stage.name], dataset, seen[stage.name], network.size) for stage in chosen
        }
        on_data = _OnData(found, shown, probed(found, dataset, seed))
        picture = dataset.pictures[_pointed(on_data)] if picture is None else picture
    if picture is None:
        raise ValueError("look needs a data set, a picture, or both")
    frame = _frame(network, picture, "refuse" if dataset is None else dataset.truncated)
    maps = {stage.name: x[0] for stage, x in zip(network.stages, network.at(frame[None]), strict=True)}
    told = Layers(
        network=network.backbone.name,
        size=network.size,
        picture=name_of(picture),
        layers=tuple(_layer(stage, maps[stage.name], seen[stage.name], on_data) for stage in chosen),
        pictures=0 if dataset is None else len(dataset),
        classes=() if dataset is None else dataset.classes,
    )
    patches = {} if dataset is None else cut_out(network, dataset, told)
    return Looked(told, Prints(frame, _filters(network, trunk), _overlays(told, maps, frame), patches))


def probed(found: Mapping[str, Responses], dataset: Dataset, seed: int) -> dict[str, CutScore]:
    """Stage → its frozen probe's cross-validated accuracy; {} where nothing can be held out, or there is one class."""
    distinct = len(np.unique(dataset.groups))
    if distinct < 2 or len(np.unique(dataset.labels)) < 2:
        return {}
    fold = folds(dataset.labels, dataset.groups, min(FOLDS, distinct), seed)
    with progress.bar("probing", len(found)) as bar:
        table = ProbeTable(dataset.labels, dataset.groups, len(dataset.classes), fold, bar)
        probes, _ = table.probes(pooled(found), list(found))
    return {score.cut: score for score in table.profile(probes)}


def _layer(stage: Stage, x: np.ndarray, field: Field, on_data: _OnData) -> Layer:
    """x: the stage's map of the one picture, [C, H, W]."""
    score = on_data.scores.get(stage.name)
    return Layer(
        name=stage.name,
        channels=stage.channels,
        places=(x.shape[1], x.shape[2]),
        field=field,
        units=on_data.units.get(stage.name, ()),
        strongest=tuple(varied(x, STRONGEST)),
        accuracy=None if score is None else score.accuracy,
        error=None if score is None else score.error,
    )


def _pointed(on_data: _OnData) -> int:
    """Place of the picture on which the units of the last stage with places answer most to one place.

    By how many of the map's deviations its greatest value lies above its mean.
    """
    for name, shown in reversed(list(on_data.units.items())):
        found, numbers = on_data.responses[name], [unit.number for unit in shown]
        if found.shape != (1, 1) and numbers:
            above = (found.greatest - found.mean) / found.spread
            return int(above[:, numbers].sum(axis=1).argmax())
    return 0


def _frame(network: FeatureMaps, picture: str | Given, truncated: str) -> np.ndarray:
    """The picture as the network sees it, uint8 [S, S, 3]. Raises PictureError."""
    _, batch = next(frames([picture], network.backbone.preprocess, workers=1, truncated=truncated))
    return batch[0]


def _filters(network: FeatureMaps, trunk: Trunk | None) -> np.ndarray | None:
    weights = first_weights(trunk, network.runtime)
    return None if weights is None else mosaic(weights, pixels=max(4, _SQUARE // weights.shape[-1]))


def _overlays(
    told: Layers, maps: Mapping[str, np.ndarray], frame: np.ndarray
) -> dict[tuple[str, int], np.ndarray]:
    """Of the units that are shown, of stages that have places."""
    return {
        (layer.name, unit): overlay(frame, maps[layer.name][unit])
        for layer in told.layers
        if layer.spatial
        for unit in dict.fromkeys((*layer.strongest, *(unit.number for unit in layer.units)))
    }
