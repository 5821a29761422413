"""Evaluation: what a model's probabilities are worth on labelled pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assess import words
from headstart.assess.baseline import Baseline
from headstart.assess.doubts import Doubts
from headstart.assess.scored import ClassScore, Scored
from headstart.intervals import proportion


@dataclass(frozen=True)
class Evaluation:
    """Probabilities held against labels, N pictures of C classes.

    split          the split's name
    classes        C names
    labels         int64 [N]
    probabilities  float32 [N, C], rows sum to 1
    groups         int64 [N]: pictures that belong together count for what they add; None where each stands alone
    doubts         what the model says of each answer beside; None where that is not known
    """

    split: str
    classes: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray
    groups: np.ndarray | None = None
    doubts: Doubts | None = None

    @property
    def n(self) -> int:
        """Pictures."""
        return len(self.labels)

    @property
    def n_groups(self) -> int:
        """Groups that the pictures belong to."""
        return self.n if self.groups is None else len(np.unique(self.groups))

    @property
    def predictions(self) -> np.ndarray:
        """int64 [N]"""
        return self.probabilities.argmax(axis=1)

    @property
    def correct(self) -> np.ndarray:
        """bool [N]"""
        return self.predictions == self.labels

    @property
    def accuracy(self) -> float:
        """Share of the pictures that are named rightly, 0 to 1."""
        return float(self.correct.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy, see intervals.proportion."""
        return proportion(self.correct, self.groups)

    @property
    def confusion(self) -> np.ndarray:
        """int64 [C, C]: rows are true classes, columns predicted ones."""
        size = len(self.classes)
        flat = np.bincount(self.labels * size + self.predictions, minlength=size * size)
        return flat.reshape(size, size)

    @property
    def scored(self) -> Scored:
        """What it comes to, without the arrays."""
        return Scored(self.split, self.classes, self.confusion, self.n_groups, self.interval)

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall over the classes that occur."""
        return self.scored.balanced_accuracy

    @property
    def majority(self) -> float:
        """Accuracy of always naming the most frequent class of this split."""
        return self.scored.majority

    def per_class(self) -> tuple[ClassScore, ...]:
        """C scores, in the order of `classes`."""
        return self.scored.per_class()

    def against(self, baselines: Sequence[Baseline]) -> str:
        """What can be said against the baselines of assess.baselines, in words; "" without any."""
        return words.against(baselines)

    def to_dict(self) -> dict[str, Any]:
        """The numbers without the arrays: what `--json` prints for one split."""
        return self.scored.to_dict()
