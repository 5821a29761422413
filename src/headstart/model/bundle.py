"""The bundle on disk: a folder that predicts by itself, says what it is, and that other tools load.

headstart.json      classes, backbone, preparation, plan, evidence, metrics, fingerprint, versions, checksums
model.safetensors   all weights: the trunk's names, and the classifier's own name (timm) or `headstart_head.N`
config.json         only where timm can load it with equal logits
network/            the converted network (float32), which predicts without torch
README.md           the model card
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from headstart import files, seals
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.errors import BackboneError, BundleError, OutputError, PlanError
from headstart.heads.head import Head
from headstart.model import card
from headstart.model.formats import openvino, timm, weights
from headstart.model.model import DIGITS, NETWORK, WEIGHTS, Model
from headstart.plan import toml
from headstart.train.epoch import Epoch

FORMAT = 2
_INFO, CONFIG = "headstart.json", "config.json"
_PACKAGES = ("headstart", "torch", "timm", "torchvision", "openvino", "numpy", "pillow")


def save(
    model: Model,
    folder: str | Path,
    *,
    dataset: Dataset | None = None,
    partition: Partition | None = None,
    evidence: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    left_out: Sequence[str] = (),
    history: Sequence[Epoch] = (),
) -> None:
    """Writes the bundle; a folder that is there is replaced as a whole. Raises OutputError.

    dataset, partition: what the model was made of, so that `headstart evaluate` knows the pictures again; both or
    neither, else ValueError. left_out: classes of the data that the model was not taught because that was asked for.
    """
    from safetensors.numpy import save as encoded

    folder = Path(folder)
    if not files.is_free(folder) and not (folder / _INFO).is_file():
        raise OutputError(
            f"{folder}: holds something other than a bundle; name a folder that is empty or new"
        )
    loads_in_timm = timm.fits(model)
    with files.replacing(folder) as temporary:
        temporary.mkdir()
        tensors = {
            name: np.asarray(t, order="C") for name, t in weights.tensors(model, loads_in_timm).items()
        }
        (temporary / WEIGHTS).write_bytes(encoded(tensors))
        if loads_in_timm:
            _json(temporary / CONFIG, timm.config(model))
        openvino.write(model, temporary / NETWORK)
        info = _info(model, evidence, metrics, history) | _pictures(dataset, partition)
        info["left_out"] = list(left_out)
        parts = sorted(p for p in temporary.rglob("*") if p.is_file())
        info["files"] = {p.relative_to(temporary).as_posix(): files.sha256(p) for p in parts}
        _json(temporary / _INFO, seals.sealed(info))
        (temporary / "README.md").write_text(card.text(model, info, loads_in_timm), encoding="utf-8")


def load(folder: str | Path) -> Model:
    """The model in a bundle. Raises BundleError: no bundle, damaged parts, or from a newer version."""
    folder = Path(folder)
    files.recover(folder)
    path = folder / _INFO
    if not path.is_file():
        raise BundleError(f"{folder}: {_instead(folder)}")
    try:
        info = seals.versioned(path.read_text(encoding="utf-8"), FORMAT)
        _verify(folder, info["files"])
        return _checked(_model(folder, info))
    except seals.Newer as error:
        raise BundleError(f"{path}: {error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, OSError, PlanError, BackboneError) as error:
        said = " ".join(str(error).split())
        raise BundleError(
            f"{path}: damaged ({type(error).__name__}: {said}); save the bundle anew"
        ) from error


def _model(folder: Path, info: Mapping[str, Any]) -> Model:
    backbone = Backbone.from_dict(info["backbone"])
    return Model(
        classes=tuple(info["classes"]),
        backbone=backbone,
        plan=toml.loads(info["plan"]),
        head=weights.head(folder, backbone.head),
        folder=folder,
        info=info,
    )


def _checked(model: Model) -> Model:
    """The model, all of whose parts agree. Raises ValueError, PlanError."""
    names = model.classes
    if len(names) < 2 or len(set(names)) < len(names) or not all(isinstance(n, str) and n for n in names):
        raise ValueError("classes: expected at least two different names")
    _check_info(model.info)
    if model.plan.backbone != model.backbone.name:
        raise ValueError(f"its plan is for {model.plan.backbone}, its network is {model.backbone.name}")
    model.plan.validate(model.backbone.stage_names)
    width = sum(cut.width(model.plan.pool) for cut in model.cuts)
    _check_head(model.head, width, len(names))
    return model


def _check_info(info: Mapping[str, Any]) -> None:
    """Raises ValueError where what else the bundle says of itself is of another kind than save() writes."""
    kinds: dict[str, tuple[type, ...]] = {
        "classes": (list,),
        "trained_on": (str,),
        "data_fingerprint": (str,),
        "metrics": (dict,),
        "versions": (dict,),
        "history": (list,),
        "held_out": (list,),
        "left_out": (list,),
        "evidence": (dict, type(None)),
    }
    for key, expected in kinds.items():
        if key in info and not isinstance(info[key], expected):
            raise ValueError(f"{key} is of type {type(info[key]).__name__}, expected {expected[0].__name__}")
    for key in ("held_out", "left_out"):
        if not all(isinstance(name, str) for name in info.get(key, ())):
            raise ValueError(f"{key}: expected names alone")


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
    if (folder / "bundle" / _INFO).is_file():
        return f"a run's folder; expected its bundle, {folder / 'bundle'}"
    return "no bundle (no headstart.json); expected a folder written by `headstart train`"


def _verify(folder: Path, checksums: Mapping[str, str]) -> None:
    """Raises BundleError: a part is missing, damaged, or stands there without being listed."""
    for name, checksum in {WEIGHTS: checksums[WEIGHTS], **checksums}.items():
        path = folder / name
        if not _within(name):
            raise BundleError(
                f"{folder / _INFO}: lists {name!r}, which lies outside of the bundle; save it anew"
            )
        if not path.is_file():
            raise BundleError(f"{path}: missing from the bundle; copy or save it anew")
        if files.sha256(path) != checksum:
            raise BundleError(f"{path}: damaged (its SHA-256 is not the bundle's); copy or save it anew")
    for path in [folder / CONFIG, *(folder / NETWORK).rglob("*")]:
        if path.is_file() and path.relative_to(folder).as_posix() not in checksums:
            raise BundleError(f"{path}: no part of the bundle, which does not list it; remove it")


def _within(name: str) -> bool:
    return (
        not PurePosixPath(name).is_absolute() and not {"..", ""} & set(name.split("/")) and "\\" not in name
    )


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _info(
    model: Model,
    evidence: Mapping[str, Any] | None,
    metrics: Mapping[str, Any] | None,
    history: Sequence[Epoch],
) -> dict[str, Any]:
    backbone = replace(model.backbone, weights=None, source=replace(model.backbone.source, statistics={}))
    return {
        "format": FORMAT,
        "classes": list(model.classes),
        "backbone": backbone.to_dict(),
        "plan": toml.dumps(model.plan),
        "evidence": evidence,
        "metrics": metrics or {},
        # Without the seconds: equal commands write equal bundles.
        "history": [{k: v for k, v in epoch.to_dict().items() if k != "seconds"} for epoch in history],
        "versions": versions(),
    }


def _pictures(dataset: Dataset | None, partition: Partition | None) -> dict[str, Any]:
    """data_fingerprint; trained_on: short digests of what heads and networks learn from or are chosen by; held_out: of
    the report pictures, where these were drawn and not given as a split."""
    if dataset is None or partition is None:
        if dataset is not partition:
            raise ValueError("save: dataset and partition go together; give both, or neither")
        return {"data_fingerprint": "", "trained_on": "", "held_out": []}
    drawn = partition.report_name not in dataset.splits
    learnt = np.concatenate([partition.train, partition.selection])
    return {
        "data_fingerprint": dataset.fingerprint,
        "trained_on": " ".join(_short(dataset, learnt)),
        "held_out": _short(dataset, partition.report) if drawn else [],
    }


def _short(dataset: Dataset, index: np.ndarray) -> list[str]:
    return sorted({dataset.digests[i][:DIGITS] for i in index})


def versions() -> dict[str, str]:
    """Versions of Python and of what computes."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package).partition("+")[0]
        except metadata.PackageNotFoundError:
            continue
    return found
