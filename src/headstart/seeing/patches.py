"""The patches of pictures that excite a unit most."""

from __future__ import annotations

import numpy as np

from headstart.data.dataset import Dataset
from headstart.seeing.feature_maps import FeatureMaps
from headstart.seeing.layers import Layers, Patch, Unit
from headstart.seeing.prints import box_of, patch, shown_side
from headstart.seeing.receptive import Field
from headstart.seeing.responses import Responses, framed
from headstart.seeing.units import telling

UNITS, PATCHES = 6, 8
_TOGETHER = 32  # frames in memory at a time, while patches are cut


def units(found: Responses, dataset: Dataset, field: Field, size: int) -> tuple[Unit, ...]:
    """The units of a stage that tell the classes apart best, with their patches. size: side of a frame."""
    return tuple(
        Unit(unit, best(found, unit, dataset, field, size))
        for unit in telling(found.greatest, dataset.labels, UNITS)
    )


def best(found: Responses, unit: int, dataset: Dataset, field: Field, size: int) -> tuple[Patch, ...]:
    """The pictures that excite the unit most, strongest first; copies of one picture count once."""
    patches, digests = [], set[str]()
    for at in np.argsort(-found.greatest[:, unit], kind="stable"):
        if dataset.digests[at] in digests:
            continue
        digests.add(dataset.digests[at])
        place = divmod(int(found.place[at, unit]), found.shape[1])
        label, answer = dataset.classes[dataset.labels[at]], float(found.greatest[at, unit])
        patches.append(Patch(dataset.paths[at], label, answer, place, box_of(field, place, size)))
        if len(patches) == PATCHES:
            break
    return tuple(patches)


def cut_out(network: FeatureMaps, dataset: Dataset, told: Layers) -> dict[tuple[str, int], list[np.ndarray]]:
    """(stage, unit) → its patches, uint8 [h, w, 3] each, in their order. Raises PictureError."""
    wanted: dict[str, list[tuple[str, int, int, Patch]]] = {}
    for layer in told.layers:
        for unit in layer.units:
            for rank, one in enumerate(unit.patches):
                wanted.setdefault(one.picture, []).append((layer.name, unit.number, rank, one))
    sides = {layer.name: shown_side(layer.field, network.size) for layer in told.layers}
    places = {path: place for place, path in enumerate(dataset.paths)}
    some = dataset.take([places[name] for name in wanted])
    cut: dict[tuple[str, int], dict[int, np.ndarray]] = {}
    for at, batch in framed(network, some, _TOGETHER):
        for name, frame in zip(some.paths[at], batch, strict=True):
            for stage, unit, rank, one in wanted[name]:
                cut.setdefault((stage, unit), {})[rank] = patch(frame, one.box, sides[stage])
    return {key: [ranks[rank] for rank in sorted(ranks)] for key, ranks in cut.items()}
