"""load(): the model in a bundle, all of whose parts are looked at before any is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from headstart import files, seals
from headstart.backbone import Backbone
from headstart.certainty import Certainty
from headstart.data.taxonomy import Taxonomy
from headstart.errors import BundleError
from headstart.heads.head import Head
from headstart.model import archive
from headstart.model.decision import Decision
from headstart.model.formats import neighbours, weights
from headstart.model.info import CONFIG, FORMAT, INFO, BundleInfo
from headstart.model.model import NETWORK, WEIGHTS, Model
from headstart.planning import toml

_NAMED = 3  # bundles that lie below a folder that is none


def load(place: str | Path) -> Model:
    """The model in a bundle, in the run's folder that holds it, or in a zip of either.

    A zip is unpacked for as long as the model lives. Raises BundleError: no bundle, damaged parts, not an honest zip,
    or from a newer version.
    """
    place = Path(place)
    if archive.is_zip(place):
        with archive.Unpacked(place).kept() as unpacked:
            return replace(_read(unpacked.folder), holds=unpacked)
    files.recover(place)
    return _read(archive.bundle_in(place) or place)


def _read(folder: Path) -> Model:
    path = folder / INFO
    if not path.is_file():
        raise BundleError(f"{folder}: {_instead(folder)}")
    try:
        values = seals.versioned(path.read_text(encoding="utf-8"), FORMAT)
        _verify(folder, values["files"])
        return _checked(_model(folder, values))
    except seals.Newer as error:
        raise BundleError(f"{path}: {error}") from error
    except seals.DAMAGE as error:
        raise BundleError(f"{path}: damaged ({seals.reason(error)}); save the bundle anew") from error


def _model(folder: Path, values: Mapping[str, Any]) -> Model:
    backbone, classes = Backbone.from_dict(values["backbone"]), values["classes"]
    if not isinstance(classes, list):
        raise ValueError(f"classes is of type {type(classes).__name__}, expected list")
    decision, tree = values.get("decision"), values.get("taxonomy")
    model = Model(
        classes=tuple(classes),
        backbone=backbone,
        plan=toml.loads(values["plan"]),
        head=weights.head(folder, backbone.head),
        folder=folder,
        info=BundleInfo.from_dict(values),
        decision=None if decision is None else Decision.from_dict(decision, tuple(classes)),
        taxonomy=None if tree is None else Taxonomy.from_dict(tree),
        certainty=Certainty.from_dict(values["certainty"]) if "certainty" in values else Certainty(),
    )
    cuts = [cut.width(model.plan.pool) for cut in model.cuts]
    return replace(model, neighbours=neighbours.read(folder, cuts, len(classes)))


def _checked(model: Model) -> Model:
    """The model, all of whose parts agree. Raises ValueError, PlanError."""
    names = model.classes
    if len(names) < 2 or len(set(names)) < len(names) or not all(isinstance(n, str) and n for n in names):
        raise ValueError("classes: expected at least two different names")
    if model.taxonomy and model.taxonomy.classes != names:
        raise ValueError("its taxonomy is of other classes")
    if model.plan.backbone != model.backbone.name:
        raise ValueError(f"its plan is for {model.plan.backbone}, its network is {model.backbone.name}")
    if model.certainty.familiar and model.neighbours is None:
        raise ValueError("it has a line to strangers, and no neighbours to hold a picture beside")
    model.plan.validate(model.backbone.stage_names)
    _check_head(model.head, model.width, len(names))
    return model


def _check_head(head: Head, width: int, classes: int) -> None:
    """Raises ValueError where the head does not take `width` features to `classes` finite scores."""
    inner = [len(bias) for _, bias in head.layers[:-1]]
    shapes = list(zip([*inner, classes], [width, *inner], strict=True))
    for (weight, bias), shape in zip(head.layers, shapes, strict=True):
        if weight.shape != shape or bias.shape != shape[:1]:
            raise ValueError(
                f"head: shapes {weight.shape} and {bias.shape}, expected {shape} and {shape[:1]} "
                f"for {width} features and {classes} classes"
            )
        if weight.dtype != np.float32 or bias.dtype != np.float32:
            raise ValueError(f"head: holds {weight.dtype} and {bias.dtype}, expected float32")
        if not np.isfinite(weight).all() or not np.isfinite(bias).all():
            raise ValueError("head: holds numbers that are not finite")


def _instead(folder: Path) -> str:
    """What is wrong with a folder that is no bundle."""
    if not folder.exists():
        return "no such folder; expected a bundle written by `headstart train`"
    if folder.is_file():  # perhaps an export, which other tools read
        return "a file, and no bundle; expected the run, its folder bundle, or a zip that `headstart export` wrote"
    lack, below = "no bundle (no headstart.json)", archive.bundles_below(folder)
    if not below:
        return f"{lack}; expected a folder written by `headstart train`"
    more = len(below) - _NAMED
    others = f", or one of {more:,} more" if more > 0 else ""
    return f"{lack}; did you mean {' or '.join(map(str, below[:_NAMED]))}{others}?"


def _verify(folder: Path, checksums: Mapping[str, str]) -> None:
    """Raises BundleError: a part is missing, damaged, or stands there without being listed."""
    for name, checksum in {WEIGHTS: checksums[WEIGHTS], **checksums}.items():
        path = folder / name
        if not _within(name):
            raise BundleError(
                f"{folder / INFO}: lists {name!r}, which lies outside of the bundle; save it anew"
            )
        if not path.is_file():
            raise BundleError(f"{path}: missing from the bundle; copy or save it anew")
        if files.sha256(path) != checksum:
            raise BundleError(f"{path}: damaged (its SHA-256 is not the bundle's); copy or save it anew")
    for path in [folder / CONFIG, folder / neighbours.NEIGHBOURS, *(folder / NETWORK).rglob("*")]:
        if path.is_file() and path.relative_to(folder).as_posix() not in checksums:
            raise BundleError(f"{path}: no part of the bundle, which does not list it; remove it")


def _within(name: str) -> bool:
    return (
        not PurePosixPath(name).is_absolute() and not {"..", ""} & set(name.split("/")) and "\\" not in name
    )
