"""Which of a stage's hundreds of units are shown: those that tell the classes apart best, no two alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ALIKE = 0.8  # correlation from which two units show the same


def telling(greatest: np.ndarray, labels: np.ndarray, most: int) -> list[int]:
    """At most `most` units, best first. greatest: float32 [N, C]; labels: int64 [N].

    By the share of a unit's variance over the pictures that lies between the classes (eta squared); where all pictures
    are of one class, by the variance. Each class has its turn, among units that answer more to it than to others; of
    two that rise and fall together the second is left out.
    """
    scaled = standardised(greatest)
    present = np.unique(labels)
    if len(present) < 2:
        return _apart(np.argsort(-greatest.var(axis=0), kind="stable"), scaled, most)
    means = np.stack([scaled[labels == label].mean(axis=0) for label in present])
    share = (means**2 * np.bincount(labels)[present][:, None]).sum(axis=0) / len(labels)
    favourite = means.argmax(axis=0)
    order = np.argsort(-share, kind="stable")
    turns = [order[favourite[order] == place] for place in range(len(present))]
    turns.sort(key=lambda units: -share[units[0]] if len(units) else 0.0)
    return _apart(_by_turns(turns), scaled, most)


def varied(x: np.ndarray, most: int) -> list[int]:
    """At most `most` units of one picture's map [C, H, W]: those that vary most over it, no two alike."""
    flat = x.reshape(len(x), -1)
    if flat.shape[1] == 1:
        return [int(unit) for unit in np.argsort(-flat[:, 0], kind="stable")[:most]]
    return _apart(np.argsort(-flat.std(axis=1), kind="stable"), standardised(flat.T), most)


def standardised(x: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and variance 1, float64; those that do not vary are 0."""
    centred = x - x.mean(axis=0, dtype=np.float64)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 1e-12, deviation, np.inf)


def _by_turns(turns: Sequence[np.ndarray]) -> list[int]:
    longest = max(len(units) for units in turns)
    return [int(units[rank]) for rank in range(longest) for units in turns if rank < len(units)]


def _apart(order: Sequence[int] | np.ndarray, scaled: np.ndarray, most: int) -> list[int]:
    """The first of `order`, without those that go with one before; dead ones are none."""
    chosen: list[int] = []
    for unit in map(int, order):
        column = scaled[:, unit]
        if not column.any():
            continue
        if all(column @ scaled[:, other] / len(scaled) < _ALIKE for other in chosen):
            chosen.append(unit)
        if len(chosen) == most:
            break
    return chosen
