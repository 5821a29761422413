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
from pathlib import Path
from typing import Any

import numpy as np

from headstart import files, progress
from headstart.backbone import Backbone, records
from headstart.data.dataset import Dataset, Partition
from headstart.errors import BackboneError, BundleError, PlanError
from headstart.features import How
from headstart.model import card, timm_format
from headstart.model.model import DIGITS, NETWORK, WEIGHTS, Model
from headstart.plan import toml
from headstart.train.head import Head

FORMAT = 1
_INFO = "headstart.json"
HEAD_PREFIX = "headstart_head"
_PACKAGES = ("headstart", "torch", "timm", "torchvision", "openvino", "numpy", "pillow")


def save(
    model: Model,
    folder: str | Path,
    *,
    dataset: Dataset | None = None,
    partition: Partition | None = None,
    evidence: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    history: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Writes the bundle; a folder that is there is replaced as a whole. Raises OutputError.

    dataset, partition: what the model was made of, so that `headstart evaluate` knows the pictures again; both or
    neither, else ValueError.
    """
    from safetensors.numpy import save as encoded

    folder = Path(folder)
    loads_in_timm = timm_format.fits(model)
    with files.replacing(folder) as temporary:
        temporary.mkdir()
        tensors = {name: np.asarray(t, order="C") for name, t in _tensors(model, loads_in_timm).items()}
        (temporary / WEIGHTS).write_bytes(encoded(tensors))
        if loads_in_timm:
            _json(temporary / "config.json", timm_format.config(model))
        _convert(model, temporary / NETWORK)
        info = _info(model, evidence, metrics, history) | _pictures(dataset, partition)
        parts = sorted(p for p in temporary.rglob("*") if p.is_file())
        info["files"] = {str(p.relative_to(temporary)): files.sha256(p) for p in parts}
        _json(temporary / _INFO, info)
        (temporary / "README.md").write_text(card.text(model, info, loads_in_timm), encoding="utf-8")


def load(folder: str | Path) -> Model:
    """The model in a bundle. Raises BundleError: no bundle, damaged parts, or from a newer version."""
    folder = Path(folder)
    path = folder / _INFO
    if not path.is_file():
        raise BundleError(f"{folder}: {_instead(folder)}")
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        if info["format"] > FORMAT:
            raise BundleError(
                f"{path}: format {info['format']} is newer than this version; upgrade headstart"
            )
        _verify(folder, info["files"])
        return Model(
            classes=tuple(info["classes"]),
            backbone=Backbone.from_dict(info["backbone"]),
            plan=toml.loads(info["plan"]),
            head=_head(folder, Backbone.from_dict(info["backbone"]).head),
            folder=folder,
            info=info,
        )
    except (ValueError, LookupError, TypeError, AttributeError, OSError, PlanError, BackboneError) as error:
        raise BundleError(
            f"{path}: damaged ({type(error).__name__}: {error}); save the bundle anew"
        ) from error


def _instead(folder: Path) -> str:
    """What is wrong with a folder that is no bundle."""
    if not folder.exists():
        return "no such folder; expected a bundle written by `headstart train`"
    if (folder / "bundle" / _INFO).is_file():
        return f"a run's folder; expected its bundle, {folder / 'bundle'}"
    return "no bundle (no headstart.json); expected a folder written by `headstart train`"


def _verify(folder: Path, checksums: Mapping[str, str]) -> None:
    for name, checksum in {WEIGHTS: checksums[WEIGHTS], **checksums}.items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{path}: missing from the bundle; copy or save it anew")
        if files.sha256(path) != checksum:
            raise BundleError(f"{path}: damaged (its SHA-256 is not the bundle's); copy or save it anew")


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _tensors(model: Model, loads_in_timm: bool) -> dict[str, np.ndarray]:
    """The trunk up to the cut and the head; from the weights that are kept, without torch, where they serve as they
    are."""
    plain = records.state(model.backbone) if model.module is None and model.folder is None else None
    if plain is None:
        trunk, convolution = _from_module(model)
    else:
        rows = {row.stage for row in model.plan.rows}
        owners = model.backbone.owners
        trunk = {name: tensor for name, tensor in plain.items() if owners.get(name) in {None, *rows}}
        own = plain.get(f"{model.backbone.head}.weight")  # None where the weights came without a classifier
        convolution = own is not None and own.ndim == 4
    if loads_in_timm:
        return trunk | timm_format.head_tensors(model, convolution=convolution)
    for layer, (weight, bias) in enumerate(model.head.layers):
        trunk[f"{HEAD_PREFIX}.{layer}.weight"], trunk[f"{HEAD_PREFIX}.{layer}.bias"] = weight, bias
    return trunk


def _from_module(model: Model) -> tuple[dict[str, np.ndarray], bool]:
    """(the trunk's tensors, whether its own classifier is a 1×1 convolution)"""
    module = model.network().trunk.module
    tensors = {name: t.detach().cpu().contiguous().numpy() for name, t in module.state_dict().items()}
    return tensors, module.get_submodule(model.backbone.head)._get_name() == "Conv2d"


def _head(folder: Path, classifier: str) -> Head:
    """The head's layers, read without torch. Raises BundleError."""
    from safetensors import safe_open

    layers: list[tuple[np.ndarray, np.ndarray]] = []
    with safe_open(folder / WEIGHTS, framework="numpy") as tensors:
        names = set(tensors.keys())
        own = f"{HEAD_PREFIX}.0.weight" in names
        prefixes = [f"{HEAD_PREFIX}.{n}" for n in range(2)] if own else [classifier]
        for prefix in prefixes:
            if f"{prefix}.weight" in names:
                weight = tensors.get_tensor(f"{prefix}.weight")
                layers.append((weight.reshape(weight.shape[:2]), tensors.get_tensor(f"{prefix}.bias")))
    if not layers:
        raise BundleError(f"{folder / WEIGHTS}: holds no head; save the bundle anew")
    return Head(tuple(layers))


def _convert(model: Model, folder: Path) -> None:
    from headstart.runtime import openvino

    try:
        runtime = model.runtime(How(runtime="openvino", device="cpu"))
        openvino.save(runtime.model, folder)  # pyright: ignore[reportAttributeAccessIssue]
    except BackboneError as error:
        progress.say(f"{error}; the bundle predicts through torch")


def _info(
    model: Model,
    evidence: Mapping[str, Any] | None,
    metrics: Mapping[str, Any] | None,
    history: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    backbone = replace(model.backbone, weights=None, source=replace(model.backbone.source, statistics={}))
    return {
        "format": FORMAT,
        "classes": list(model.classes),
        "backbone": backbone.to_dict(),
        "plan": toml.dumps(model.plan),
        "evidence": evidence,
        "metrics": metrics or {},
        "history": list(history),
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
