"""Sureness: how far what a model says of its own certainty holds on labelled pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from headstart.assess.doubts import COVERAGES, Doubts
from headstart.assess.evaluation import Evaluation
from headstart.assess.reliability import Reliability
from headstart.certainty import Certainty
from headstart.certainty.familiar import INSIDE
from headstart.intervals import proportion

_DIGITS = 4


@dataclass(frozen=True)
class Held:
    """One class: of its n pictures, the share whose set held it."""

    name: str
    held: float
    n: int


@dataclass(frozen=True)
class Coverage:
    """Sets of classes that were to hold the right one in a share `wanted` of the pictures, 0 to 1.

    held, interval  in what share they did, and its 95 % interval; size: classes in a set, on average
    single          the share of the sets that name one class alone
    classes         class by class, of those that occur
    """

    wanted: float
    held: float
    interval: tuple[float, float]
    size: float
    single: float
    classes: tuple[Held, ...]

    @property
    def met(self) -> bool:
        """Whether it was as much as was wanted, as far as the interval can tell."""
        return self.interval[1] >= self.wanted


@dataclass(frozen=True)
class Strangers:
    """Of n pictures of the model's own classes `called` were taken for none of them; `expected` of these n."""

    called: int
    n: int
    expected: float


@dataclass(frozen=True)
class Sureness:
    """What the model's own word is worth on the split's pictures; None is what it says nothing about.

    temperature    what the head's scores are divided by
    before, after  how reliable its certainty is, without and with the temperature
    coverages      its sets, for each wanted coverage; () without them
    strangers      how many of its own kind of pictures it takes for none of its classes
    """

    split: str
    temperature: float | None
    before: Reliability | None
    after: Reliability
    coverages: tuple[Coverage, ...] = ()
    strangers: Strangers | None = None

    @staticmethod
    def of(evaluation: Evaluation, certainty: Certainty) -> Sureness:
        """certainty: the model's."""
        correct, groups = evaluation.correct, evaluation.groups
        doubts, n = evaluation.doubts or Doubts(), evaluation.n
        before, out = doubts.before, doubts.out_of_place
        return Sureness(
            evaluation.split,
            certainty.temperature,
            None if before is None else Reliability.of(before, correct, groups),
            Reliability.of(evaluation.probabilities.max(axis=1), correct, groups),
            _coverages(evaluation, doubts),
            None if out is None else Strangers(int(out.sum()), n, round((1 - INSIDE) * n, 1)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Sureness:
        """to_dict() undone."""
        before, strangers = values["before"], values["strangers"]
        coverages = (
            Coverage(
                one["wanted"],
                one["held"],
                (one["interval"][0], one["interval"][1]),
                one["size"],
                one["single"],
                tuple(Held(**own) for own in one["classes"]),
            )
            for one in values["coverages"]
        )
        return Sureness(
            values["split"],
            values["temperature"],
            before and Reliability.from_dict(before),
            Reliability.from_dict(values["after"]),
            tuple(coverages),
            strangers and Strangers(**strangers),
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """For people without statistics."""
        return tuple(said for said in (self._honest(), self._sets(), self._aside()) if said)

    def _honest(self) -> str:
        found = self.after
        low, high = (100 * bound for bound in found.interval)
        return (
            f"It is {100 * found.sure:.0f} % sure of its answers on average, and {100 * found.right:.0f} of 100 are "
            f"right; among answers of like certainty the two lie {100 * found.error:.0f} points apart ({low:.0f} to "
            f"{high:.0f})."
        )

    def _sets(self) -> str:
        nine = next((one for one in self.coverages if one.wanted == 0.9), None)
        if nine is None:
            return ""
        low, high = (100 * bound for bound in nine.interval)
        return (
            f"Asked for the classes that hold the right one 9 times in 10, it names {nine.size:.1f} on average; the "
            f"right one is among them for {100 * nine.held:.0f} of 100 pictures ({low:.0f} to {high:.0f})."
        )

    def _aside(self) -> str:
        if self.strangers is None:
            return ""
        found = self.strangers
        return (
            f"It calls {found.called:,} of these {found.n:,} pictures of its own classes none of them; about "
            f"{found.expected:.0f} were to be expected, since its line keeps {100 * INSIDE:.0f} of 100."
        )


def _coverages(evaluation: Evaluation, doubts: Doubts) -> tuple[Coverage, ...]:
    if doubts.sizes is None or doubts.held is None:
        return ()
    return tuple(
        _coverage(evaluation, wanted, doubts.sizes[:, place], doubts.held[:, place])
        for place, wanted in enumerate(COVERAGES)
    )


def _coverage(evaluation: Evaluation, wanted: float, sizes: np.ndarray, held: np.ndarray) -> Coverage:
    low, high = proportion(held, evaluation.groups)
    counts = np.bincount(evaluation.labels, minlength=len(evaluation.classes))
    hits = np.bincount(evaluation.labels, weights=held, minlength=len(evaluation.classes))
    classes = tuple(
        Held(name, round(float(hits[i] / counts[i]), _DIGITS), int(counts[i]))
        for i, name in enumerate(evaluation.classes)
        if counts[i]
    )
    return Coverage(
        wanted,
        round(float(held.mean()), _DIGITS),
        (round(low, _DIGITS), round(high, _DIGITS)),
        round(float(sizes.mean()), 3),
        round(float((sizes == 1).mean()), _DIGITS),
        classes,
    )
