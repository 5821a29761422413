"""look(): feature maps, patches and probes of a network's stages, and the pictures that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headstart import progress
from headstart.backbone.filters import mosaic
from headstart.data.dataset import Dataset
from headstart.data.given import Given, name_of
from headstart.data.loader import frames
from headstart.data.split import folds
from headstart.evidence.control import FOLDS
from headstart.evidence.facts import CutScore
from headstart.evidence.profile import ProbeTable
from headstart.explain.feature_maps import FeatureMaps
from headstart.explain.first_layer import first_weights
from headstart.explain.layers import Layer, Layers, Patch, Unit
from headstart.explain.prints import Prints, box_of, overlay, patch
from headstart.explain.receptive import Field, fields
from headstart.explain.responses import Responses, framed, pooled, respond
from headstart.explain.units import telling, varied
from headstart.runtime import Trunk

UNITS, PATCHES, STRONGEST = 6, 8, 6


@dataclass(frozen=True)
class Looked:
    """The numbers, and what is shown of them."""

    layers: Layers
    prints: Prints


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

    Without `picture` it is the one that most patches are of. trunk: what `network` was made of, for its filters. Raises PictureError for one that cannot be used.
    """
    chosen = [stage for stage in network.stages if not stages or stage.name in stages]
    seen = fields(network)
    units: dict[str, tuple[Unit, ...]] = {}
    scores: Mapping[str, CutScore] = {}
    if dataset is not None:
        found = respond(network, dataset)
        scores = probed(found, dataset, seed)
        units = {
            stage.name: _units(found[stage.name], dataset, seen[stage.name], network.size) for stage in chosen
        }
    frame, name = _frame(network, dataset, picture, units)
    maps = {stage.name: x[0] for stage, x in zip(network.stages, network.at(frame[None]), strict=True)}
    layers = [
        Layer(
            stage.name,
            stage.channels,
            (maps[stage.name].shape[1], maps[stage.name].shape[2]),
            seen[stage.name],
            units.get(stage.name, ()),
            tuple(varied(maps[stage.name], STRONGEST)),
            *_score(scores.get(stage.name)),
        )
        for stage in chosen
    ]
    told = Layers(
        network.backbone.name,
        network.size,
        name,
        tuple(layers),
        0 if dataset is None else len(dataset),
        () if dataset is None else dataset.classes,
    )
    weights = first_weights(trunk, network.runtime)
    filters = None if weights is None else mosaic(weights)
    return Looked(told, Prints(frame, filters, _maps(told, maps, frame), _patches(network, dataset, told)))


def probed(found: Mapping[str, Responses], dataset: Dataset, seed: int) -> dict[str, CutScore]:
    """Stage → its frozen probe's cross-validated accuracy; {} where nothing can be held out, or there is one class."""
    if len(np.unique(dataset.groups)) < 2 or len(np.unique(dataset.labels)) < 2:
        return {}
    features = pooled(found)
    fold = folds(dataset.labels, dataset.groups, min(FOLDS, len(np.unique(dataset.groups))), seed)
    with progress.bar("probing", len(found)) as bar:
        table = ProbeTable(dataset.labels, dataset.groups, len(dataset.classes), fold, bar)
        probes, _ = table.probes(features, list(found))
    return {score.cut: score for score in table.profile(probes)}


def _score(score: CutScore | None) -> tuple[float | None, float | None]:
    return (None, None) if score is None else (score.accuracy, score.error)


def _units(found: Responses, dataset: Dataset, field: Field, size: int) -> tuple[Unit, ...]:
    return tuple(
        Unit(unit, _best(found, unit, dataset, field, size))
        for unit in telling(found.greatest, dataset.labels, UNITS)
    )


def _best(found: Responses, unit: int, dataset: Dataset, field: Field, size: int) -> tuple[Patch, ...]:
    """The pictures that excite the unit most; copies of one picture count once."""
    patches, digests = [], set[str]()
    for at in np.argsort(-found.greatest[:, unit], kind="stable"):
        if dataset.digests[at] in digests:
            continue
        digests.add(dataset.digests[at])
        row, column = divmod(int(found.place[at, unit]), found.shape[1])
        patches.append(
            Patch(
                dataset.paths[at],
                dataset.classes[dataset.labels[at]],
                float(found.greatest[at, unit]),
                (row, column),
                box_of(field, (row, column), size),
            )
        )
        if len(patches) == PATCHES:
            break
    return tuple(patches)


def _frame(
    network: FeatureMaps,
    dataset: Dataset | None,
    picture: str | Given | None,
    units: Mapping[str, tuple[Unit, ...]],
) -> tuple[np.ndarray, str]:
    """(the one picture as the network sees it, uint8 [S, S, 3]; its name)"""
    if picture is None:
        assert dataset is not None, "a picture or data is given"
        names = [one.picture for row in units.values() for unit in row for one in unit.patches]
        usual = max(dict.fromkeys(names), key=names.count) if names else dataset.paths[0]
        picture = dataset.pictures[dataset.paths.index(usual)]
    truncated = "refuse" if dataset is None else dataset.truncated
    _, batch = next(frames([picture], network.backbone.preprocess, workers=1, truncated=truncated))
    return batch[0], name_of(picture)


def _maps(
    told: Layers, maps: Mapping[str, np.ndarray], frame: np.ndarray
) -> dict[tuple[str, int], np.ndarray]:
    """Of the units that are shown, of stages that have places."""
    return {
        (layer.name, unit): overlay(frame, maps[layer.name][unit])
        for layer in told.layers
        if layer.spatial
        for unit in dict.fromkeys((*layer.strongest, *(unit.number for unit in layer.units)))
    }


def _patches(
    network: FeatureMaps, dataset: Dataset | None, told: Layers
) -> dict[tuple[str, int], list[np.ndarray]]:
    """Cut from their frames, a batch of pictures in memory at a time."""
    if dataset is None:
        return {}
    wanted: dict[str, list[tuple[str, int, int, Patch]]] = {}
    for layer in told.layers:
        for unit in layer.units:
            for rank, one in enumerate(unit.patches):
                wanted.setdefault(one.picture, []).append((layer.name, unit.number, rank, one))
    places = {path: place for place, path in enumerate(dataset.paths)}
    some = dataset.take([places[name] for name in wanted])
    cut: dict[tuple[str, int], dict[int, np.ndarray]] = {}
    for at, batch in framed(network, some, 32):
        for name, frame in zip(some.paths[at], batch, strict=True):
            for stage, unit, rank, one in wanted[name]:
                cut.setdefault((stage, unit), {})[rank] = patch(frame, one.box)
    return {key: [ranks[rank] for rank in sorted(ranks)] for key, ranks in cut.items()}
