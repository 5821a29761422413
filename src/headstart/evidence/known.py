"""Evidence that was weighed before: the same features, labels and questions have the same answer."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np

from headstart import files
from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.errors import OutputError
from headstart.evidence.evidence import Evidence
from headstart.features import How
from headstart.runtime import Job


def place(
    dataset: Dataset, partition: Partition, index: np.ndarray, backbone: Backbone, how: How, *asked: object
) -> Path | None:
    """Where evidence on the pictures at `index` is kept, by all that it depends on; None where nothing is kept.

    asked: what else bears on the answer, such as the seed and what the user overrules.
    """
    if not how.cache:
        return None
    train = dataset.take(partition.train)
    parts = dataset.take(index)
    _, group = np.unique(parts.groups, return_inverse=True)
    facts = [
        backbone.source,
        backbone.stages,
        [how.runtime, how.precision, how.copies, how.device],
        dataset.classes,
        train.counts().tolist(),
        len(np.unique(train.groups)),
        asked,
    ]
    key = files.sha256_of(
        _code(),
        Job(backbone, backbone.stages).key,
        repr(facts),
        *parts.digests,
        parts.labels.tobytes(),
        group.tobytes(),
    )
    try:
        return files.cache_folder("evidence") / f"{key}.json"
    except OutputError:
        return None


@functools.cache
def _code() -> str:
    """Stands for the way in which evidence is weighed: this room's source."""
    return files.sha256_of(*(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))


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
