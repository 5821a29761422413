"""The random control on a part of the pictures: enough where its outcome is plain, and a fraction of the cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart import progress
from headstart.backbone.backbone import Stage
from headstart.data.dataset import Dataset
from headstart.data.split import carve, folds, sample
from headstart.evidence.facts import Ahead
from headstart.evidence.profile import ProbeTable
from headstart.extraction.features import Features
from headstart.intervals import paired

SAMPLE, SAMPLE_PER_CLASS = 2_000, 20
FOLDS = 5
# The part that is asked first: this share of the pictures, but at least so many, and so many a class.
SHARE, LEAST, LEAST_PER_CLASS = 0.25, 80, 5
PIXELS = (
    5_000_000  # of so many in all, 100 pictures of 224 px, random weights cost too little to ask a part first
)
# So many of the part's standard errors above what is asked of it, a lead is above it on all pictures too: on six that
# were measured both ways it was there half an error smaller at most, else larger (benchmarks/README.md).
ENOUGH = 3.5


def plain(lead: float, error: float, least: float = 0.0) -> bool:
    """Whether a lead that was measured on a part, and its standard error, show that it is more than `least` on all."""
    return lead > least and lead - ENOUGH * error >= least


def sampled(dataset: Dataset, train: np.ndarray, seed: int) -> np.ndarray:
    """int64 [M]: the pictures that are measured, of those that train: a stratified sample of max(2,000, 20 a class)."""
    most = max(SAMPLE, SAMPLE_PER_CLASS * len(dataset.classes))
    return train[sample(dataset.labels[train], most, seed)]


def part_of(labels: np.ndarray, groups: np.ndarray, side: int, seed: int) -> np.ndarray:
    """Sorted places, int64 [P], of the part that random weights are asked of first.

    side: of the pictures as the network sees them. Groups whole, classes in proportion; all places where that costs
    next to nothing, the part would not be much smaller, or it could not be probed: a class that is one group is never
    in it, so that two classes or two groups may not be left.
    """
    n, classes = len(labels), len(np.unique(labels))
    if n * side**2 <= PIXELS:
        return np.arange(n)
    share = max(SHARE * n, LEAST, LEAST_PER_CLASS * classes) / max(1, n)
    if share > 2 / 3:
        return np.arange(n)
    part = carve(labels, groups, share, seed)[1]
    probed = all(len(np.unique(of[part])) > 1 for of in (labels, groups))
    return part if probed else np.arange(n)


def ahead(
    features: Features,
    control: Features,
    part: np.ndarray,
    *,
    labels: np.ndarray,
    groups: np.ndarray,
    classes: Sequence[str],
    stages: Sequence[Stage],
    seed: int,
) -> Ahead | None:
    """The lead on the part. None where nothing of it could be held out.

    features  of M pictures, with their labels and groups, int64 [M]; control: of those at `part`, with random weights
    """
    labels, groups, names = labels[part], groups[part], [stage.name for stage in stages]
    parts = min(FOLDS, len(np.unique(groups)))
    if parts < 2:
        return None
    fold = folds(labels, groups, parts, seed)
    with progress.bar("probing the control", 1 + len(names)) as bar:
        table = ProbeTable(labels, groups, len(classes), fold, bar)
        top = table.probe(features.x[names[-1]][part])
        best = table.best([control], names)
    return Ahead(len(part), best.accuracy, *paired(top.correct, best.correct, groups))
