"""measure(): the features of a sample, those of random controls, and the verdict on both."""

from __future__ import annotations

import numpy as np

from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.evidence.control import control_features
from headstart.evidence.evidence import Evidence
from headstart.evidence.judge import judge
from headstart.evidence.size import Totals
from headstart.features import How, extract

SAMPLE, SAMPLE_PER_CLASS = 2_000, 20
DRAWS = 2


def measure(
    dataset: Dataset,
    partition: Partition,
    backbone: Backbone,
    *,
    seed: int = 0,
    size: str | None = None,
    similarity: str | None = None,
    how: How = How(),  # noqa: B008 - frozen
    draws: int = DRAWS,
) -> Evidence:
    """Evidence from the training pictures alone: a stratified sample of max(2,000, 20 a class), or all.

    `size` and `similarity` overrule what is measured. Raises DataError, BackboneError, PictureError.
    """
    train = partition.train
    chosen = sample(dataset.labels[train], max(SAMPLE, SAMPLE_PER_CLASS * len(dataset.classes)), seed)
    index = train[chosen]
    features = extract(dataset, index, backbone, how=how)
    controls = [
        control_features(dataset, index, backbone, draw=draw, how=how) for draw in range(draws)
    ]
    counts = np.bincount(dataset.labels[train], minlength=len(dataset.classes))
    return judge(
        features,
        controls,
        labels=dataset.labels[index],
        groups=dataset.groups[index],
        classes=dataset.classes,
        stages=backbone.stages,
        totals=Totals(
            n=len(train),
            groups=len(np.unique(dataset.groups[train])),
            class_counts={name: int(count) for name, count in zip(dataset.classes, counts, strict=True)},
        ),
        source=backbone.source,
        seed=seed,
        size=size,
        similarity=similarity,
    )


def sample(labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Sorted places of at most `n` pictures, classes in proportion (at least two of each where there are)."""
    if len(labels) <= n:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    classes, counts = np.unique(labels, return_counts=True)
    quota = np.maximum(np.minimum(counts, 2), counts * n // len(labels))
    picked = [shuffled[labels[shuffled] == c][:q] for c, q in zip(classes, quota, strict=True)]
    return np.sort(np.concatenate(picked))
