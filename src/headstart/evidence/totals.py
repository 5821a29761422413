"""Totals: how many training pictures there are in all, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headstart.heads.probe import typical_count
from headstart.intervals import frames


@dataclass(frozen=True)
class Totals:
    """All training pictures; those that are measured may be a sample of them.

    n, groups      pictures, and groups of them that belong together
    class_counts   class name → pictures
    typical_class  groups of pictures in the median class
    group_size     mean size of the group that a picture stands in; 1 where each stands alone
    """

    n: int
    groups: int
    class_counts: Mapping[str, int]
    typical_class: float
    group_size: float = 1.0

    def worth(self, correct: np.ndarray, groups: np.ndarray) -> float:
        """The effective number of all pictures, from those measured: bool [M] right or wrong, int64 [M] groups."""
        return frames(correct, groups, (self.n, self.groups, self.group_size))

    @staticmethod
    def count(labels: np.ndarray, groups: np.ndarray, classes: Sequence[str]) -> Totals:
        """Of pictures with these labels and groups, int64 [N]."""
        sizes = np.unique(groups, return_counts=True)[1]
        counts = np.bincount(labels, minlength=len(classes))
        return Totals(
            n=len(labels),
            groups=len(sizes),
            class_counts={name: int(count) for name, count in zip(classes, counts, strict=True)},
            typical_class=typical_count(labels, groups),
            group_size=float((sizes.astype(np.float64) ** 2).sum() / len(labels)),
        )
