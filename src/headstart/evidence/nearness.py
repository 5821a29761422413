"""How the source's own head and statistics see the new pictures: shown beside the verdict, no part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.backbone.backbone import Source, Stage
from headstart.extraction.features import Features
from headstart.intervals import drawings


def entropy(logits: np.ndarray | None) -> float | None:
    """Mean entropy of softmax(logits) [N, S] over log S: 0 certain, 1 no idea. None without a head."""
    if logits is None or logits.shape[1] < 2:
        return None
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_p = shifted - log_total
    return float(-(np.exp(log_p) * log_p).sum(axis=1).mean() / np.log(logits.shape[1]))


# Shares of the source's mean activation: what is less counts as so much; channels that the source leaves silent tell
# nothing.
FLOOR, ALIVE = 0.01, 0.001
DRAWS = 50


@dataclass(frozen=True)
class Distance:
    """value: by what factor, as a natural logarithm, the typical channel at `stage` is stronger or weaker than on the
    source's pictures: 0 for none, 0.69 for twice. error: its standard error, by drawing groups of pictures anew."""

    stage: str
    value: float
    error: float


def distance(
    features: Features, groups: np.ndarray, stages: Sequence[Stage], source: Source
) -> Distance | None:
    """At the deepest stage whose means on source pictures are known; None where none is, or where most are negative.

    The median over channels of |log(μ / μₛ)|: a ratio knows no units, so that networks can be compared, and a median
    does not hang on the few channels that the source hardly uses. groups int64 [N] of the pictures.
    """
    known = [stage.name for stage in stages if stage.name in source.statistics]
    if not known:
        return None
    stage = known[-1]
    usual = np.asarray(source.statistics[stage]["mean"], dtype=np.float64)
    level = usual[usual > 0].mean() if (usual > 0).any() else 0.0
    alive = usual > ALIVE * level
    if 2 * np.count_nonzero(alive) < len(usual):
        return None
    x = features.x[stage][:, : len(usual)][:, alive].astype(np.float64)
    _, code = np.unique(groups, return_inverse=True)
    sizes = np.bincount(code).astype(np.float64)
    sums = np.zeros((len(sizes), x.shape[1]))
    np.add.at(sums, code, x)
    drawn = [(part @ sums) / (part @ sizes)[:, None] for part in drawings(len(sizes), DRAWS)]
    floor, usual = FLOOR * level, usual[alive]

    def off(mean: np.ndarray) -> np.ndarray:
        return np.median(np.abs(np.log(np.maximum(mean, floor) / np.maximum(usual, floor))), axis=-1)

    return Distance(
        stage,
        float(off(sums.sum(axis=0) / sizes.sum())),
        float(off(np.concatenate(drawn)).std()),
    )


def as_facts(logits: np.ndarray | None, found: Distance | None) -> dict[str, float | None]:
    """Entropy and distance as Facts holds them."""
    return {
        "entropy": entropy(logits),
        "distance": found and found.value,
        "distance_error": found and found.error,
    }
