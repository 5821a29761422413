"""Out-of-fold probabilities of all pictures: each by a head that learnt from others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart import progress
from headstart.data.split import folds
from headstart.heads.head import GRID, ROUGH, Solved
from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import Problem, log_softmax
from headstart.heads.trial import FOLDS


def out_of_fold(
    x: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    solved: Solved,
    *,
    widths: Sequence[int] = (),
    groups: np.ndarray,
    seed: int = 0,
) -> HeldOut | None:
    """All N pictures of x float32 [N, D], labels and groups int64 [N], held out of heads like `solved`.

    What solve() held out when it chose the penalty, where that was all of them: up to trial.CV_LIMIT. Else a head a
    fold is solved at that penalty, which must be one of logistic regression. None where all are one group.
    """
    distinct = len(np.unique(groups))
    if solved.held_out is not None and len(solved.held_out) == len(labels):
        return solved.held_out
    if distinct < 2:
        return None
    fold = folds(labels, groups, min(FOLDS, distinct), seed)
    problem = Problem.of(x, labels, n_classes, widths).rough()
    weights = (fold[:, None] != np.unique(fold)).astype(np.float64)
    theta = problem.start(weights.shape[1], np.float32)
    path = [l2 for l2 in GRID if l2 > solved.l2] + [solved.l2]
    with progress.bar("holding out", len(path)) as bar:
        for l2 in path:
            theta, _ = problem.solve(l2, start=theta, weights=weights, tolerance=ROUGH)
            bar.advance()
    scores = np.empty((len(labels), n_classes), np.float32)
    for number in range(weights.shape[1]):
        held = fold == number
        scores[held] = problem.of_rows(held).logits(theta[:, number : number + 1])[:, 0]
    return HeldOut(np.arange(len(labels)), log_softmax(scores).astype(np.float32))
