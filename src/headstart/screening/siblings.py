"""What pictures of one group say of each other: frames of one thing, near twins, whatever never straddles a split.

It counts only where groups are of one class: where two pictures of a group agree in their labels far more often than by
chance. Then what heads say is averaged over a group, and in a group whose labels differ each picture is told what the
others are. Where all labels of a group agree, that says nothing of whether they are right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OF_ONE_CLASS = 0.75  # agreement, above chance and as a share of what is left above it (Cohen 1960)
_MOST = 3.0  # siblings that count: frames of one film err together
_SUREST = 0.99


@dataclass(frozen=True)
class Siblings:
    """agreement: how often two pictures of a group have one label; counts int64 [G, C]: labels of each group; chance:
    how often any two pictures have one."""

    agreement: float
    counts: np.ndarray
    chance: float

    @staticmethod
    def of(labels: np.ndarray, groups: np.ndarray, n_classes: int) -> Siblings:
        """Of N pictures; labels, groups int64 [N], groups numbered from 0."""
        counts = np.zeros((int(groups.max(initial=-1)) + 1, n_classes), np.int64)
        np.add.at(counts, (groups, labels), 1)
        size = counts.sum(axis=1)
        pairs = int((size * (size - 1)).sum())
        shares = np.bincount(labels, minlength=n_classes) / max(len(labels), 1)
        agreement = float((counts * (counts - 1)).sum() / pairs) if pairs else 0.0
        return Siblings(agreement, counts, float((shares**2).sum()))

    @property
    def count(self) -> bool:
        """Whether groups are of one class."""
        return self.agreement - self.chance >= OF_ONE_CLASS * (1 - self.chance)

    def others(self, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """int64 [M, C]: the labels of the other pictures in the groups of M pictures."""
        found = self.counts[groups]
        found[np.arange(len(labels)), labels] -= 1
        return found

    def beliefs(self, log_p: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """float64 [M, C], rows sum to 1: what is thought of M pictures; log_p [M, C] as heads have it."""
        log_p = log_p.astype(np.float64)
        if self.count:
            log_p = _averaged(log_p, groups) + self._said(labels, groups)
        p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def _said(self, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """float64 [M, C]: log-likelihoods of the siblings' labels, by class; 0 where all labels of the group agree."""
        others = self.others(labels, groups).astype(np.float64)
        others /= np.maximum(others.sum(axis=1, keepdims=True) / _MOST, 1)
        sure = min(self.agreement, _SUREST)
        weight = np.log(sure) - np.log((1 - sure) / max(self.counts.shape[1] - 1, 1))
        differs = (self.counts > 0).sum(axis=1)[groups] > 1
        return others * (weight * differs)[:, None]


def _averaged(log_p: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """[M, C]: the mean over the pictures of each group, which all were held out together."""
    _, code, count = np.unique(groups, return_inverse=True, return_counts=True)
    total = np.zeros((len(count), log_p.shape[1]))
    np.add.at(total, code, log_p)
    return (total / count[:, None])[code]
