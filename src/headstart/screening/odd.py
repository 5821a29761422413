"""Odd ones out: pictures that lie far from every class where the head looks (k nearest neighbours, Sun et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart import progress
from headstart.counts import plural
from headstart.data.dataset import Dataset
from headstart.data.split import sample
from headstart.heads.neighbours import Neighbours
from headstart.screening.finding import ODD, Finding

NEAREST = 10
FENCE = 3.0  # quartile distances above the third quartile: "far out" in Tukey's words
MOST = 5_000  # pictures that the others are held against
_ROWS = 1_024


def distances(
    x: np.ndarray, labels: np.ndarray, groups: np.ndarray, widths: Sequence[int], seed: int = 0
) -> tuple[np.ndarray, int]:
    """(float32 [N], 0 to 2: the mean cosine distance from the k nearest pictures of other groups; k).

    x float32 [N, D], what enters the head, and the widths of its cuts; labels, groups int64 [N]. Of more than MOST
    pictures the neighbours are a sample, drawn by `seed` and stratified by class. k is NEAREST, or the number of other
    groups where that is less.
    """
    chosen = sample(labels, MOST, seed)
    theirs = groups[chosen]
    others = Neighbours.of(x[chosen], labels[chosen], (), (), widths)
    k = min(NEAREST, max(1, len(np.unique(theirs)) - 1))
    found = np.empty(len(x), np.float32)
    with progress.bar("finding odd ones", len(x)) as bar:
        for start in range(0, len(x), _ROWS):
            part = slice(start, start + _ROWS)
            near, _ = others.nearest(x[part], k, barred=groups[part, None] == theirs)
            found[part] = 1 - np.maximum(near, -1).mean(axis=1)
            bar.advance(len(near))
    return found, k


def odd_ones(dataset: Dataset, distance: np.ndarray, k: int) -> tuple[list[Finding], str]:
    """(the findings, farthest first; where the line was drawn). distance: float [N], k: as distances() gives them."""
    first, usual, third = np.percentile(distance, (25, 50, 75))
    line = third + FENCE * (third - first)
    far = np.flatnonzero(distance > line)
    findings = [
        Finding(
            ODD,
            dataset.paths[at],
            dataset.digests[at],
            dataset.classes[dataset.labels[at]],
            round(float(min(distance[at], 1)), 6),
            reason=f"{distance[at] / max(usual, 1e-6):.1f} times as far from its nearest neighbours as usual here",
        )
        for at in far[np.argsort(-distance[far], kind="stable")].tolist()
    ]
    return findings, (
        f"the mean cosine distance to its {plural(k, 'nearest neighbour')} is above {line:.2f}, "
        f"where {usual:.2f} is usual"
    )
