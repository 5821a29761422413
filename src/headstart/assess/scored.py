"""Scored: what an evaluation comes to without its arrays, as a report tells it and a run's folder keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assess import words
from headstart.assess.baseline import Baseline


@dataclass(frozen=True)
class ClassScore:
    """One class: precision, recall and F1 in [0, 1]; `support` pictures of it. Undefined ratios are None."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True, eq=False)
class Scored:
    """N labelled pictures of C classes, counted.

    split      the split's name; classes: C names
    confusion  int64 [C, C]: rows are true classes, columns predicted ones
    n_groups   groups that the pictures belong to
    interval   95 % interval of the accuracy, see intervals.proportion
    """

    split: str
    classes: tuple[str, ...]
    confusion: np.ndarray
    n_groups: int
    interval: tuple[float, float]

    @property
    def n(self) -> int:
        """Pictures."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """Pictures that are named rightly."""
        return int(np.diag(self.confusion).sum())

    @property
    def accuracy(self) -> float:
        """Share of the pictures that are named rightly, 0 to 1."""
        return self.right / self.n

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall over the classes that occur."""
        support = self.confusion.sum(axis=1)
        present = support > 0
        return float((np.diag(self.confusion)[present] / support[present]).mean())

    @property
    def majority(self) -> float:
        """Accuracy of always naming the most frequent class of this split."""
        return float(self.confusion.sum(axis=1).max() / self.n)

    def per_class(self) -> tuple[ClassScore, ...]:
        """C scores, in the order of `classes`."""
        hits, support, named = (
            np.diag(self.confusion),
            self.confusion.sum(axis=1),
            self.confusion.sum(axis=0),
        )
        return tuple(
            ClassScore(
                name=name,
                precision=_ratio(hits[i], named[i]),
                recall=_ratio(hits[i], support[i]),
                f1=_ratio(2 * hits[i], support[i] + named[i]),
                support=int(support[i]),
            )
            for i, name in enumerate(self.classes)
        )

    @property
    def found(self) -> dict[str, tuple[int, int]]:
        """Class name → (pictures of it that were named rightly, pictures of it)."""
        support = self.confusion.sum(axis=1).tolist()
        return dict(
            zip(self.classes, zip(np.diag(self.confusion).tolist(), support, strict=True), strict=True)
        )

    def against(self, baselines: Sequence[Baseline]) -> str:
        """What can be said against the baselines of assess.baselines, in words; "" without any."""
        return words.against(baselines)

    def to_dict(self) -> dict[str, Any]:
        """What `--json` prints for one split."""
        return {
            "split": self.split,
            "accuracy": self.accuracy,
            "n": self.n,
            "groups": self.n_groups,
            "interval": self.interval,
            "balanced_accuracy": self.balanced_accuracy,
            "majority": self.majority,
            "classes": [vars(score) for score in self.per_class()],
            "confusion": self.confusion.tolist(),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Scored:
        """What to_dict() gave. Raises LookupError, TypeError, ValueError where it is another."""
        names = tuple(one["name"] for one in values["classes"])
        confusion = np.array(values["confusion"], np.int64).reshape(len(names), len(names))
        low, high = values["interval"]
        return Scored(values["split"], names, confusion, values["groups"], (low, high))


def _ratio(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
