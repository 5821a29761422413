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
    """agreement: how often two pictures of a group have one label; chance: how often any two pictures have one.

    counts [P]: how often each label stands in each group, where it does; held int64 [P]: these labels, group by group;
    ends int64 [G + 1]: where the groups begin among them.
    """

    agreement: float
    chance: float
    counts: np.ndarray
    held: np.ndarray
    ends: np.ndarray
    n_classes: int

    @staticmethod
    def of(labels: np.ndarray, groups: np.ndarray, n_classes: int) -> Siblings:
        """Of N pictures; labels, groups int64 [N], groups numbered from 0."""
        several, counts = np.unique(groups * n_classes + labels, return_counts=True)
        group, held = np.divmod(several, n_classes)
        size = np.bincount(groups)
        pairs = int((size * (size - 1)).sum())
        shares = np.bincount(labels, minlength=n_classes) / max(len(labels), 1)
        agreement = float((counts * (counts - 1)).sum() / pairs) if pairs else 0.0
        ends = np.searchsorted(group, np.arange(len(size) + 1))
        return Siblings(agreement, float((shares**2).sum()), counts, held, ends, n_classes)

    @property
    def count(self) -> bool:
        """Whether groups are of one class."""
        return self.agreement - self.chance >= OF_ONE_CLASS * (1 - self.chance)

    def others(self, label: int, group: int) -> np.ndarray:
        """int64 [C]: the labels of the other pictures in the group of a picture; zeros where siblings do not count."""
        found = np.zeros(self.n_classes, np.int64)
        if self.count:
            part = slice(self.ends[group], self.ends[group + 1])
            found[self.held[part]] = self.counts[part]
            found[label] -= 1
        return found

    def beliefs(self, log_p: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """float64 [M, C], rows sum to 1: what is thought of M pictures; log_p [M, C] as heads have it."""
        p = _averaged(log_p, groups) if self.count else log_p.astype(np.float64)
        if self.count:
            self._say(p, labels, groups)
        p -= p.max(axis=1, keepdims=True)
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        return p

    def _say(self, log_p: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> None:
        """Adds the log-likelihoods of the siblings' labels, by class; nothing where all labels of the group agree."""
        sure = min(self.agreement, _SUREST)
        weight = np.log(sure) - np.log((1 - sure) / max(self.n_classes - 1, 1))
        for at in np.flatnonzero(np.diff(self.ends)[groups] > 1):
            others = self.others(labels[at], groups[at])
            log_p[at] += others / max(others.sum() / _MOST, 1) * weight


def _averaged(log_p: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """[M, C]: the mean over the pictures of each group, which all were held out together."""
    _, code, count = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(code, kind="stable")
    total = np.add.reduceat(log_p[order], np.cumsum(count) - count, axis=0, dtype=np.float64)
    total /= count[:, None]
    return total[code]
