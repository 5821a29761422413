"""The training pictures that lie nearest to a picture, at the head's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.model import Model


@dataclass(frozen=True)
class Near:
    """A training picture: its name in its data set, its class, its cosine with the picture, -1 to 1, and the short hash
    of what is on it."""

    name: str
    label: str
    similarity: float
    digest: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "similarity": round(self.similarity, 4)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Near:
        return Near(**values)


def nearest(model: Model, features: np.ndarray, k: int) -> list[tuple[Near, ...]]:
    """Of each row of features float32 [N, D] at the head's input, the k nearest; none for a bundle that keeps none."""
    kept = model.neighbours
    if kept is None or not k:
        return [()] * len(features)
    similarity, place = kept.nearest(features, k)
    return [
        tuple(
            Near(kept.names[i], model.classes[int(kept.labels[i])], float(cosine), kept.digests[i])
            for cosine, i in zip(*row, strict=True)
        )
        for row in zip(similarity, place, strict=True)
    ]
