"""Answers: what a model says of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Answers:
    """Of N pictures.

    probabilities  float32 [N, C], rows sum to 1
    similarity     float32 [N]: how like the training pictures each is (headstart.certainty.familiar); None where the
                   model keeps none
    """

    probabilities: np.ndarray
    similarity: np.ndarray | None = None

    @staticmethod
    def of(parts: Sequence[Answers]) -> Answers:
        """One after the other; at least one."""
        near = [part.similarity for part in parts if part.similarity is not None]
        probabilities = np.concatenate([part.probabilities for part in parts])
        return Answers(probabilities, np.concatenate(near) if near else None)

    def at(self, place: int) -> Answers:
        """Of one picture alone: N is 1."""
        near = None if self.similarity is None else self.similarity[place : place + 1]
        return Answers(self.probabilities[place : place + 1], near)
