"""How the source's own head and statistics see the new pictures: shown beside the verdict, no part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.backbone.backbone import Source, Stage
from headstart.extraction.features import Features


def entropy(logits: np.ndarray | None) -> float | None:
    """Mean entropy of softmax(logits) [N, S] over log S: 0 certain, 1 no idea. None without a head."""
    if logits is None or logits.shape[1] < 2:
        return None
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_p = shifted - log_total
    return float(-(np.exp(log_p) * log_p).sum(axis=1).mean() / np.log(logits.shape[1]))


@dataclass(frozen=True)
class Distance:
    """value: 0 where the features are as the source's; 1 where they are off by one spread of these. At `stage`."""

    stage: str
    value: float


def distance(features: Features, stages: Sequence[Stage], source: Source) -> Distance | None:
    """At the deepest stage whose source statistics are known; None where none is.

    √ mean over channels of ((μ − μₛ)² + (σ − σₛ)²) / σₛ²: the Fréchet distance of two diagonal Gaussians in
    units of the source's spread.
    """
    known = [stage.name for stage in stages if stage.name in source.statistics]
    if not known:
        return None
    stage = known[-1]
    mean = np.asarray(source.statistics[stage]["mean"], dtype=np.float64)
    variance = np.asarray(source.statistics[stage]["var"], dtype=np.float64)
    x = features.x[stage][:, : len(mean)].astype(np.float64)
    spread = np.sqrt(variance)
    moved = (x.mean(axis=0) - mean) ** 2 + (x.std(axis=0) - spread) ** 2
    alive = variance > 1e-8 * variance.max()
    return Distance(stage, float(np.sqrt((moved[alive] / variance[alive]).mean())))
