"""measure(): the features of a sample, those of random controls, and the verdict on both."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import sample
from headstart.evidence.evidence import Evidence
from headstart.evidence.judge import BEATS, judge
from headstart.evidence.precision import settle
from headstart.evidence.size import Totals
from headstart.features import How, extract, extract_beside
from headstart.runtime import Job, keep

SAMPLE, SAMPLE_PER_CLASS = 2_000, 20
DRAWS = 2
# Beyond the lead that is asked for, in standard errors: what no other random copy takes away. The leads over six copies
# lay within 1.2 of each other, for two networks and two data sets.
CLEAR = 3.0


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

    `size` and `similarity` overrule what is measured. draws: random copies at most; the second and later ones are asked
    only where those before leave the verdict open. Raises DataError, BackboneError, PictureError.
    """
    train = partition.train
    chosen = sample(dataset.labels[train], max(SAMPLE, SAMPLE_PER_CLASS * len(dataset.classes)), seed)
    index = train[chosen]
    how, why = settle(dataset, train, backbone, how)
    # All copies beside the network, though not all may be asked: converted together, nothing later imports torch.
    for draw in (None, *range(draws)):
        keep(Job(backbone, backbone.stages, draw=draw), runtime=how.runtime, device=how.device)
    features, *controls = extract_beside(dataset, index, backbone, (None, 0), how=how)
    weigh = partial(
        judge,
        features,
        labels=dataset.labels[index],
        groups=dataset.groups[index],
        classes=dataset.classes,
        stages=backbone.stages,
        totals=_totals(dataset, train),
        source=backbone.source,
        seed=seed,
        size=size,
        similarity=similarity,
    )
    evidence = weigh(controls)
    while len(controls) < draws and _open(evidence):
        controls.append(extract(dataset, index, backbone, how=how, draw=len(controls)))
        evidence = weigh(controls)
    return replace(evidence, precision=how.precision, how={**evidence.how, "precision": why})


def _open(evidence: Evidence) -> bool:
    """Whether another random copy may change what the top cut's lead over the best so far says."""
    lead, error = evidence.top.accuracy - evidence.control, evidence.control_error
    return BEATS * error <= lead < (BEATS + CLEAR) * error


def _totals(dataset: Dataset, train: np.ndarray) -> Totals:
    counts = np.bincount(dataset.labels[train], minlength=len(dataset.classes))
    return Totals(
        n=len(train),
        groups=len(np.unique(dataset.groups[train])),
        class_counts={name: int(count) for name, count in zip(dataset.classes, counts, strict=True)},
    )
