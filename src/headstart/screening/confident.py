"""Confident learning: which labels contradict what heads say that have not learnt from them.

Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021. A picture counts
as *confidently* of class j where p_j reaches the threshold of j: the mean p_j of the pictures that are labelled j.
Counted by label and confident class, this is the confident joint; what lies off its diagonal says how many labels are
wrong, and how. The steps and their constants are those of cleanlab 2.9: on the same input both give the same figures
(benchmarks/labels/against_cleanlab.py).

In all functions p is float [N, C], rows sum to 1, each row by a head that has not seen that picture; labels int64 [N].
"""

from __future__ import annotations

import numpy as np

_SAME = 1e-6  # two probabilities that differ by less are equal
_UNREACHED = 2.0  # the threshold of a class without pictures


def thresholds(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """float64 [C]: the mean probability of each class among the pictures that are labelled so."""
    count = np.bincount(labels, minlength=p.shape[1])
    own = np.bincount(labels, weights=self_confidence(labels, p), minlength=p.shape[1])
    return np.where(count > 0, np.maximum(own / np.maximum(count, 1), 2 * _SAME), _UNREACHED)


def confident_class(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """int64 [N]: the class that each picture confidently belongs to, the likeliest where it is several; −1 for none."""
    reached = p >= thresholds(labels, p) - _SAME
    several = reached.sum(axis=1) > 1
    named = np.where(several, p.argmax(axis=1), reached.argmax(axis=1))
    return np.where(reached.any(axis=1), named, -1)


def confident_joint(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """int64 [C, C]: pictures by label (row) and class (column), estimated; a row sums to the pictures of its label."""
    classes = p.shape[1]
    named = confident_class(labels, p)
    counted = np.zeros((classes, classes), np.int64, order="F")
    np.add.at(counted, (labels[named >= 0], named[named >= 0]), 1)
    np.fill_diagonal(counted, np.maximum(counted.diagonal(), 1))
    wanted = np.bincount(labels, minlength=classes)
    # In cleanlab's order of steps, in memory too: where two rests are equal the last bit decides which is rounded up.
    scaled = (counted.T / counted.sum(axis=1) * wanted).T
    scaled = scaled / scaled.sum() * len(labels)
    return np.stack([_rounded(row, total) for row, total in zip(scaled, wanted.tolist(), strict=True)])


def _rounded(row: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers near `row` that sum to `total`: those are moved that were rounded farthest the other way."""
    whole = row.round()
    missing = round(total - whole.sum())
    if missing:
        order = np.argsort(row - whole)
        whole[order[-missing:] if missing > 0 else order[:-missing]] += np.sign(missing)
    return whole.astype(np.int64)


def issues(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """bool [N]: the labels that are taken for wrong, "prune by noise rate".

    Of each pair of label and class as many as the confident joint counts, those with the largest margin
    p_class − p_label. A label that is itself the likeliest class is none of them, nor the only picture of its class.
    """
    joint, found = confident_joint(labels, p), np.zeros(len(labels), bool)
    joint = _one_stays(joint)
    for label in range(p.shape[1]):
        own = np.flatnonzero(labels == label)
        if len(own) < 2:
            continue
        for other in np.flatnonzero(joint[label]).tolist():
            if other != label:
                margin = p[own, other] - p[own, label]
                found[own[np.argsort(-margin)[: joint[label, other]]]] = True
    return found & (self_confidence(labels, p) + _SAME < p.max(axis=1))


def _one_stays(joint: np.ndarray) -> np.ndarray:
    """The joint with one picture at least on each place of the diagonal, taken from the rest of its row."""
    lacking = np.maximum(1 - joint.diagonal(), 0)
    others = np.maximum(np.count_nonzero(joint, axis=1) - 1, 1)
    kept = np.maximum(joint - (lacking / others)[:, None], 0)
    np.fill_diagonal(kept, np.maximum(joint.diagonal(), 1))
    return kept.astype(np.int64)


def self_confidence(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """float [N]: the probability of the label; low where it is doubtful."""
    return p[np.arange(len(labels)), labels]


def likeliest_other(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """int64 [N]: the likeliest class beside the label."""
    others = p.copy()
    others[np.arange(len(labels)), labels] = -1
    return others.argmax(axis=1)


def margin(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    """float [N], −1 to 1: the probability of the likeliest other class less that of the label; high where doubtful.

    cleanlab's "normalized margin" is (1 − margin) / 2.
    """
    return p[np.arange(len(labels)), likeliest_other(labels, p)] - self_confidence(labels, p)
