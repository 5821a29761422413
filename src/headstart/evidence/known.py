"""Evidence that was weighed before: the same features, labels and questions have the same answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headstart import cache, files, intervals
from headstart.backbone import Backbone
from headstart.data import split
from headstart.data.dataset import Dataset, Partition
from headstart.evidence.evidence import Evidence
from headstart.extraction import identity
from headstart.heads import probe, spectrum
from headstart.runtime import Resolved


@dataclass(frozen=True)
class Question:
    """What is asked of the features: the folds' seed, what the user overrules, random copies at most."""

    seed: int
    size: str | None
    similarity: str | None
    draws: int


def weigh_once(
    dataset: Dataset,
    partition: Partition,
    index: np.ndarray,
    backbone: Backbone,
    how: Resolved,
    question: Question,
    weigh: Callable[[], Evidence],
) -> Evidence:
    """What `weigh` says of the pictures at `index`, now or before: evidence is kept by all that it depends on."""
    if how.keep == "none":
        return weigh()
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
    return Evidence.from_dict(cache.remembered(("evidence",), key, lambda: weigh().to_dict()))


@functools.cache
def _code() -> str:
    """Stands for the way in which evidence is weighed: the source of this room and of what it computes with."""
    room = sorted(Path(__file__).parent.glob("*.py"))
    beside = [Path(str(module.__file__)) for module in (split, intervals, probe, spectrum)]
    return files.sha256_of(np.__version__, *(path.read_bytes() for path in (*room, *beside)))
