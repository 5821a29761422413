"""Summary: what an evaluation comes to, in whole pictures of a hundred, for people without statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.assess.baseline import Baseline
from headstart.assess.evaluation import Evaluation
from headstart.assess.scored import Scored


@dataclass(frozen=True)
class ClassFound:
    """One class: `found` of its `pictures` were named rightly; most of the others, `mistaken`, were called `called`.

    called is "" where every picture was found.
    """

    name: str
    found: int
    pictures: int
    called: str
    mistaken: int


@dataclass(frozen=True)
class Beside:
    """A baseline: `of_hundred` pictures it names rightly; clear: whether the model is surely better; ahead: whether the
    baseline named more pictures rightly than the model."""

    name: str
    of_hundred: int
    clear: bool
    ahead: bool


@dataclass(frozen=True)
class Summary:
    """An evaluation, plainly.

    of_hundred, low, high  new pictures of 100 that are named rightly, with the 95 % interval, rounded outwards
    right, pictures, groups  what was seen of it
    weakest                of the classes that were found at all, the one of which the smallest share was; None where
                           nothing of these is wrong
    never                  classes of which no picture was found
    beside                 the baselines
    """

    of_hundred: int
    low: int
    high: int
    right: int
    pictures: int
    groups: int
    weakest: ClassFound | None
    never: tuple[ClassFound, ...]
    beside: tuple[Beside, ...]


def summarise(evaluation: Evaluation | Scored, baselines: Sequence[Baseline] = ()) -> Summary:
    """The summary of `evaluation`, held against `baselines`."""
    low, high = evaluation.interval
    classes = sorted(_found(evaluation), key=lambda one: (one.found / one.pictures, -one.pictures))
    wrong = [one for one in classes if 0 < one.found < one.pictures]
    return Summary(
        of_hundred=_of_hundred(evaluation.accuracy),
        low=math.floor(100 * low),
        high=math.ceil(100 * high),
        right=int(np.diag(evaluation.confusion).sum()),
        pictures=evaluation.n,
        groups=evaluation.n_groups,
        weakest=wrong[0] if wrong else None,
        never=tuple(one for one in classes if one.found == 0),
        beside=tuple(
            Beside(one.name, _of_hundred(one.accuracy), one.clear, one.lead < 0) for one in baselines
        ),
    )


def _of_hundred(share: float) -> int:
    """Rounded; neither "all" nor "none" where that is not so."""
    return round(100 * share) if share in (0, 1) else min(99, max(1, round(100 * share)))


def _found(evaluation: Evaluation | Scored) -> list[ClassFound]:
    """Every class that has pictures."""
    confusion, names = evaluation.confusion, evaluation.classes
    found = []
    for row in np.flatnonzero(confusion.sum(axis=1)):
        others = confusion[row].copy()
        others[row] = 0
        most = int(others.argmax())
        called = names[most] if others[most] else ""
        found.append(
            ClassFound(
                names[row], int(confusion[row, row]), int(confusion[row].sum()), called, int(others[most])
            )
        )
    return found
