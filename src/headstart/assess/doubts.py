"""Doubts: what a model says of how sure its answers are, picture by picture, held against the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.certainty import Certainty

COVERAGES = (0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Doubts:
    """Of N answers; each None where the model cannot tell.

    before        float32 [N]: how sure the head was of its answer before the temperature
    sizes         int64 [N, 3]: classes in the picture's set, for each of COVERAGES
    held          bool [N, 3]: whether the right class is among them
    out_of_place  bool [N]: whether the picture was taken for none of the classes
    """

    before: np.ndarray | None = None
    sizes: np.ndarray | None = None
    held: np.ndarray | None = None
    out_of_place: np.ndarray | None = None

    @staticmethod
    def of(
        certainty: Certainty, probabilities: np.ndarray, labels: np.ndarray, similarity: np.ndarray | None
    ) -> Doubts:
        """probabilities float32 [N, C], labels int64 [N], similarity float32 [N]: see headstart.model.Answers."""
        before = sizes = held = out = None
        if certainty.temperature is not None:
            before = certainty.as_scored(probabilities).max(axis=1)
        if certainty.sets is not None:
            sets = np.stack([certainty.sets.classes(probabilities, c) for c in COVERAGES], axis=1)
            sizes, held = sets.sum(axis=2), sets[np.arange(len(labels)), :, labels]
        if certainty.familiar is not None and similarity is not None:
            out = certainty.familiar.out_of_place(similarity)
        return Doubts(before, sizes, held, out)

    @staticmethod
    def pooled(parts: Sequence[Doubts | None], order: np.ndarray) -> Doubts:
        """Of several models, one after the other and then in `order`, int64 [N]; what one lacks, the whole lacks."""

        def joined(name: str) -> np.ndarray | None:
            found = [None if part is None else getattr(part, name) for part in parts]
            whole = [one for one in found if one is not None]
            return np.concatenate(whole)[order] if len(whole) == len(found) else None

        return Doubts(*(joined(name) for name in ("before", "sizes", "held", "out_of_place")))
