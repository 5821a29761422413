"""remember(): a model keeps some of its training pictures, by which it knows what is like them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from headstart.certainty import Familiar
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import sample
from headstart.extraction import extract
from headstart.heads.neighbours import MOST, Neighbours, draw, most
from headstart.model.model import Model
from headstart.planning.inputs import execution_of, joined, widths
from headstart.runtime import Execution, Resolved

if TYPE_CHECKING:
    from headstart.training.fit import Fitted


def remember(
    fitted: Fitted,
    dataset: Dataset,
    partition: Partition,
    *,
    execution: Execution | Resolved | None = None,
) -> Model:
    """The model that fit() arrived at, with its Neighbours and the line to what is none of its classes.

    Raises PictureError, BackboneError.
    """
    model = Model.of(fitted)
    learnt = learnt_from(fitted, partition)
    labels, groups = dataset.labels[learnt], dataset.groups[learnt]
    digests = model.short_digests(dataset, learnt)
    cuts = widths(model.backbone, model.plan)
    places = draw(labels, groups, digests, most(sum(cuts)))
    kept = learnt[places]
    x = head_input(model, dataset, kept, execution)
    names = [_name(dataset, place) for place in kept]
    known = [digests[place] for place in places]
    neighbours = Neighbours.of(x, labels[places], names, known, cuts)
    judged = _judged(fitted, dataset, learnt)
    x = head_input(model, dataset, judged, execution)
    familiar = Familiar.of(neighbours, x, dataset.groups[judged], groups[places])
    return replace(model, neighbours=neighbours, certainty=replace(model.certainty, familiar=familiar))


def _judged(fitted: Fitted, dataset: Dataset, learnt: np.ndarray) -> np.ndarray:
    """int64 [J]: the pictures that tell how like the training pictures one of their kind is. With a trained network
    those that it has not learnt from, since it knows the others too well."""
    places = learnt if fitted.held_out is None else fitted.held_out.places
    return places[sample(dataset.labels[places], MOST, 0)]


def learnt_from(fitted: Fitted, partition: Partition) -> np.ndarray:
    """int64 [T]: the training pictures, less those by which a training was judged."""
    if fitted.module is None or fitted.held_out is None:
        return partition.train
    return np.setdiff1d(partition.train, fitted.held_out.places)


def head_input(
    model: Model, dataset: Dataset, index: np.ndarray, execution: Execution | Resolved | None = None
) -> np.ndarray:
    """float32 [N, D]: what the model's head sees of the pictures at `index`. Raises PictureError, BackboneError."""
    how = execution_of(model.plan, execution)
    if model.module is None:
        return joined(extract(dataset, index, model.backbone, execution=how), model.backbone, model.plan)
    pictures = [dataset.pictures[place] for place in index]
    seen = model.features(pictures, execution=how, truncated=dataset.truncated, label="neighbours")
    return np.concatenate(list(seen))


def _name(dataset: Dataset, place: int) -> str:
    """Where a picture lies in its data set, and nothing of where that lies."""
    path, root = dataset.paths[place], dataset.root
    folder = os.path.dirname(root) if os.path.isfile(root) else root
    inside = root and os.path.abspath(path).startswith(os.path.join(os.path.abspath(folder), ""))
    return PurePath(os.path.relpath(path, folder)).as_posix() if inside else os.path.basename(path)
