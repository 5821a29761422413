"""save(): a model as a bundle, a folder that predicts by itself, says what it is, and that other tools load.

headstart.json      classes, backbone, preparation, plan, certainty, evidence, metrics, fingerprint, versions, checksums
model.safetensors   all weights: the trunk's names, and the classifier's own name (timm) or `headstart_head.N`
config.json         only where timm can load it with equal logits
network/            the converted network (float32), which predicts without torch
neighbours.safetensors  training pictures at the head's input
README.md           the model card
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import files, seals
from headstart.data.dataset import Dataset, Partition
from headstart.errors import OutputError
from headstart.model import card
from headstart.model.formats import neighbours, openvino, timm, weights
from headstart.model.info import CONFIG, FORMAT, INFO, BundleInfo, versions
from headstart.model.model import DIGITS, NETWORK, WEIGHTS, Model
from headstart.planning import toml

if TYPE_CHECKING:
    from headstart.training.epoch import Epoch


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
    if not files.is_free(folder) and not (folder / INFO).is_file():
        raise OutputError(
            f"{folder}: holds something other than a bundle; name a folder that is empty or new"
        )
    info = replace(
        info_of(dataset, partition),
        evidence=evidence,
        metrics=metrics or {},
        history=tuple(epoch.to_dict() for epoch in history),
        versions=versions(),
        left_out=tuple(left_out),
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
        if model.neighbours:
            neighbours.write(model.neighbours, temporary)
        parts = sorted(p for p in temporary.rglob("*") if p.is_file())
        checksums = {p.relative_to(temporary).as_posix(): files.sha256(p) for p in parts}
        _json(temporary / INFO, seals.sealed(_card(model, info, checksums)))
        (temporary / "README.md").write_text(card.text(model, info, loads_in_timm), encoding="utf-8")


def info_of(dataset: Dataset | None, partition: Partition | None) -> BundleInfo:
    """What a model knows of the pictures it was made of. Raises ValueError where one of both is lacking."""
    if dataset is None or partition is None:
        if dataset is not partition:
            raise ValueError("save: dataset and partition go together; give both, or neither")
        return BundleInfo()
    drawn = partition.report_name not in dataset.splits
    learnt = np.concatenate([partition.train, partition.selection])
    return BundleInfo(
        data_fingerprint=dataset.fingerprint,
        trained_on=_short(dataset, learnt),
        held_out=_short(dataset, partition.report) if drawn else (),
    )


def _short(dataset: Dataset, index: np.ndarray) -> tuple[str, ...]:
    return tuple(sorted({dataset.digests[i][:DIGITS] for i in index}))


def _card(model: Model, info: BundleInfo, checksums: Mapping[str, str]) -> dict[str, Any]:
    """All that `headstart.json` says, before it is sealed."""
    backbone = replace(model.backbone, weights=None, source=replace(model.backbone.source, statistics={}))
    return {
        "format": FORMAT,
        "classes": list(model.classes),
        "backbone": backbone.to_dict(),
        "plan": toml.dumps(model.plan),
        **({"decision": model.decision.to_dict()} if model.decision else {}),
        **({"taxonomy": model.taxonomy.to_dict()} if model.taxonomy else {}),
        "certainty": model.certainty.to_dict(),
        **info.to_dict(),
        "files": checksums,
    }


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
