"""Networks in the box: known, read and drawn anew without torch.

What torch finds out of a network by running it (anatomy.py) lies beside its card, in `anatomy.json`, which
`python -m headstart.backbone.describe` writes:

halves     how a layer that halves a map rounds an odd side: "up", or "down" for all but the first
one_size   the first stage that takes one size of maps only, and the side of these in places; null where all sizes do
stages     from input to output, at the network's own size
owners     stage, or "head" → the names of its tensors
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from headstart import seals
from headstart.backbone import folder as folders
from headstart.backbone import lite0, sizes
from headstart.backbone.backbone import HEAD, PRE_LOGITS, Backbone, Stage
from headstart.backbone.spec import NetworkSpec
from headstart.errors import BackboneError, WeightsError

ANATOMY = "anatomy.json"


@dataclass(frozen=True)
class Anatomy:
    """What `anatomy.json` says; owners: tensor → stage or "head"; weights_sha256: as Backbone has it."""

    stages: tuple[Stage, ...]
    owners: dict[str, str]
    head: str
    weights_sha256: str
    halves: str
    one_size: tuple[str, int] | None


def names() -> tuple[str, ...]:
    """Of the networks in the box."""
    return _in(folders.SHIPPED)


@lru_cache
def _in(box: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in box.glob(f"*/{ANATOMY}")))


def find(spec: NetworkSpec, *, pretrained: bool = True) -> tuple[Backbone, list[str]] | None:
    """(the network in the box that is asked for, what is to be said of it), as zoo.load() has them; None for any other.

    A network in the box with other weights, options or cuts is another. pretrained: False does without its weights, and
    their hash is then "". Raises BackboneError where it does not run at this size, WeightsError where its weights are
    missing or damaged.
    """
    if spec.name not in names() or spec.weights is not None or spec.model_kwargs:
        return None
    anatomy = read(spec.name)
    if not set(spec.taps) <= {stage.name for stage in anatomy.stages}:
        return None
    folder = folders.SHIPPED / spec.name
    if pretrained:
        folders.check(folder)
    card = folders.read_card(folder)
    own = card.preprocess
    prepared = replace(own if spec.image_size is None else own.at(spec.image_size), **spec.preprocess)
    stages, trouble = stages_at(anatomy, prepared.size, own.size)
    if not stages:
        raise BackboneError(
            f"the network does not run at {prepared.size} px ({trouble}); choose another --image-size"
        )
    reached = {stage.name for stage in stages}
    scores = card.source.num_classes if PRE_LOGITS in reached else 0
    backbone = Backbone(
        name=spec.name,
        stages=stages,
        preprocess=prepared,
        weights_sha256=anatomy.weights_sha256 if pretrained else "",
        source=replace(card.source, num_classes=scores),
        head=anatomy.head,
        owners={name: owner if owner in reached else HEAD for name, owner in anatomy.owners.items()},
    )
    if trouble:
        return backbone, [sizes.shortened(spec.name, prepared.size, stages, trouble)]
    small = prepared.size < own.size
    return backbone, sizes.too_small(spec.name, prepared.size, anatomy.stages) if small else []


def holds(backbone: Backbone) -> bool:
    """Whether it is a network in the box as it lies there: its topology and its tensors are known without torch."""
    if backbone.name not in names() or backbone.weights is not None or backbone.graph:
        return False
    anatomy = read(backbone.name)
    taps = {stage.name: stage.tap for stage in anatomy.stages}
    same = backbone.weights_sha256 == anatomy.weights_sha256 and not backbone.model_kwargs
    return same and all(taps.get(stage.name) == stage.tap for stage in backbone.stages)


@lru_cache
def read(name: str) -> Anatomy:
    """The anatomy of the network in the box called `name`. Raises BackboneError where its file is damaged."""
    path = folders.SHIPPED / name / ANATOMY
    try:
        values = seals.opened(path.read_text(encoding="utf-8"))
        return Anatomy(
            stages=tuple(Stage(**stage) for stage in values["stages"]),
            owners={tensor: owner for owner, tensors in values["owners"].items() for tensor in tensors},
            head=values["head"],
            weights_sha256=values["weights_sha256"],
            halves=values["halves"],
            one_size=values["one_size"] and (values["one_size"][0], values["one_size"][1]),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BackboneError(f"{path}: damaged ({seals.reason(error)}); install the package again") from error


def stages_at(anatomy: Anatomy, size: int, own: int) -> tuple[tuple[Stage, ...], str]:
    """(the stages that pictures of size × size pixels reach, why the others are not reached); own: the network's own
    size."""
    stages: list[Stage] = []
    side = size
    for stage in anatomy.stages:
        if anatomy.one_size and stage.name == anatomy.one_size[0] and side != anatomy.one_size[1]:
            takes = anatomy.one_size[1]
            return tuple(stages), f"{stage.name} takes maps of {takes} × {takes} places, not {side} × {side}"
        if stage.reduction or stage.layout == "NCHW":
            side = _side(size, stage.reduction, anatomy.halves)
            if not side:
                return tuple(stages), f"nothing is left for {stage.name}"
            flat = side == 1
            stage = replace(stage, layout="NC" if flat else "NCHW", reduction=0 if flat else size // side)
        stages.append(stage)
    return tuple(stages), ""


def _side(size: int, reduction: int, halves: str) -> int:
    """Places along a side of a map that stands for `reduction` pixels each at the network's own size."""
    half = math.ceil(size / 2)
    return half // (reduction // 2) if halves == "down" else math.ceil(half / (reduction // 2))


def parameters(name: str) -> int:
    """How many the network called `name` has, its own classifier's too, as its card says. Raises BackboneError."""
    return folders.read_card(folders.SHIPPED / name).training["parameters"]


def tensors(name: str) -> dict[str, np.ndarray]:
    """The pre-trained tensors of the network called `name` under its torch module's names: float32 [...], and int64
    [] for batches counted. Raises WeightsError where they are missing or damaged."""
    folder = folders.SHIPPED / name
    if folders.carried(folder):
        return lite0.state()
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folders.check(folder)
    path = folder / "model.safetensors"
    try:
        stored = load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: missing or damaged ({error}); install the package again") from error
    return {n: t.astype(np.float32) if t.dtype == np.float16 else t for n, t in sorted(stored.items())}
