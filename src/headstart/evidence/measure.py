"""measure(): the features of a sample, those of random controls, and the verdict on both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import sample
from headstart.evidence.evidence import Evidence
from headstart.evidence.judge import judge
from headstart.evidence.precision import settle
from headstart.evidence.size import Totals
from headstart.features import How, extract_beside

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
    how, why = settle(dataset, train, backbone, how)
    features, *controls = extract_beside(dataset, index, backbone, (None, *range(draws)), how=how)
    counts = np.bincount(dataset.labels[train], minlength=len(dataset.classes))
    evidence = judge(
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
    return replace(evidence, precision=how.precision, how={**evidence.how, "precision": why})
