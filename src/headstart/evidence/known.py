"""Evidence that was weighed before: the same features, labels and questions have the same answer."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headstart import files, intervals
from headstart.backbone import Backbone
from headstart.data import split
from headstart.data.dataset import Dataset, Partition
from headstart.errors import OutputError
from headstart.evidence.evidence import Evidence
from headstart.features import How, identity


@dataclass(frozen=True)
class Question:
    """What is asked of the features: the folds' seed, what the user overrules, random copies at most."""

    seed: int
    size: str | None
    similarity: str | None
    draws: int


def place(
    dataset: Dataset,
    partition: Partition,
    index: np.ndarray,
    backbone: Backbone,
    how: How,
    question: Question,
) -> Path | None:
    """Where evidence on the pictures at `index` is kept, by all that it depends on; None where nothing is kept."""
    if how.keep == "none":
        return None
    train, asked = dataset.take(partition.train), dataset.take(index)
    _, group = np.unique(asked.groups, return_inverse=True)
    counts = (train.counts().tolist(), len(np.unique(train.groups)))
    key = files.sha256_of(
        _code(),
        *(identity(backbone, draw, how) for draw in (None, *range(question.draws))),
        repr((question, backbone.source, backbone.stages, dataset.classes, counts)),
        *asked.digests,
        asked.labels.tobytes(),
        group.tobytes(),
    )
    try:
        return files.cache_folder("evidence") / f"{key}.json"
    except OutputError:
        return None


@functools.cache
def _code() -> str:
    """Stands for the way in which evidence is weighed: the source of this room and of what it computes with."""
    room = sorted(Path(__file__).parent.glob("*.py"))
    beside = [Path(str(module.__file__)) for module in (split, intervals)]
    return files.sha256_of(np.__version__, *(path.read_bytes() for path in (*room, *beside)))


def read(path: Path | None) -> Evidence | None:
    """What is kept there, if it is whole."""
    if path is None:
        return None
    try:
        return Evidence.from_dict(json.loads(path.read_text(encoding="utf-8"))["evidence"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def keep(path: Path | None, evidence: Evidence) -> None:
    """Keeps it; where the disk refuses, the next run weighs it anew."""
    try:
        if path is not None:
            files.write_json(path, {"evidence": evidence.to_dict()})
    except OutputError:
        return
