"""draw(): the pictures by which a head's penalty or epochs are chosen, and where each of them is held out."""

from __future__ import annotations

import numpy as np

from headstart.data.split import folds

FOLDS = 5
# Of more pictures than this one part learns and another judges, each of half to all of so many.
CV_LIMIT = 10_000
LEARNS = -1  # the fold of a picture that is never held out


def draw(labels: np.ndarray, groups: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(positions of the pictures by which a value is chosen, the fold in which each is held out; or LEARNS).

    Up to CV_LIMIT pictures all are, in FOLDS folds. Of more, one part learns and another one judges, stratified and by
    whole groups: as many judges as in folds of one part, for a fifth of the work.
    """
    parts, distinct = -(-len(labels) // CV_LIMIT), len(np.unique(groups))
    if parts < 2 or distinct < 2 * FOLDS:
        return np.arange(len(labels)), folds(labels, groups, min(FOLDS, distinct), seed)
    part = folds(labels, groups, min(parts, distinct // FOLDS), seed)
    chosen = np.flatnonzero(part < 2)
    return chosen, np.where(part[chosen] == 0, LEARNS, 0)
