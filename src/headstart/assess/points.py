"""Sensitivity against specificity: one class against the rest, with a band, and what a decision reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from headstart.assess.evaluation import Evaluation
from headstart.intervals import Score, drawings, paired, score, wilson
from headstart.model.decision import Decision

DRAWS = 500  # of a bootstrap
GRID = np.linspace(0, 1, 101)  # sensitivities at which a curve is kept
_AT_ONCE = 4_000_000  # weights of a bootstrap that are held at once


@dataclass(frozen=True)
class Expert:
    """Somebody's point beside a curve.

    beside  the model's specificity at the expert's sensitivity; None until it is put beside a curve
    """

    name: str
    sensitivity: float
    specificity: float
    beside: float | None = None

    @property
    def behind(self) -> bool:
        """Whether the model's curve passes above."""
        return self.beside is not None and self.beside > self.specificity


@dataclass(frozen=True)
class Curve:
    """One class against the rest: a picture counts as of the class where its probability reaches a threshold.

    name             the class; pictures of it, and of all others
    specificity      at each sensitivity of GRID the best that can be had: share of the others that are not called so
    low, high        its 95 % band, by a bootstrap over groups
    area, interval   under the curve: how often a picture of the class is more probable than another; 95 % interval
    experts          people who were asked the same
    """

    name: str
    pictures: int
    others: int
    specificity: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    area: float
    interval: tuple[float, float]
    experts: tuple[Expert, ...] = ()

    @property
    def mean(self) -> Expert | None:
        """The mean of the experts; None without any."""
        if not self.experts:
            return None
        means = np.mean([(one.sensitivity, one.specificity) for one in self.experts], axis=0)
        return Expert("mean", float(means[0]), float(means[1]))

    @property
    def ahead(self) -> int:
        """Of how many experts the curve passes above."""
        return sum(one.behind for one in self.experts)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Curve:
        """Of asdict()."""
        lists = {name: tuple(values[name]) for name in ("specificity", "low", "high", "interval")}
        return Curve(**{**values, **lists, "experts": tuple(Expert(**one) for one in values["experts"])})


@dataclass(frozen=True)
class Reached:
    """A wanted sensitivity, and what came of it on pictures that the threshold was not found on.

    threshold, interval        from which probability on a picture is called `name`, with its 95 % interval
    sensitivity, specificity   shares of the class's pictures called so, and of the others not called so
    """

    name: str
    wanted: float
    threshold: float
    interval: tuple[float, float]
    sensitivity: Score
    specificity: Score

    @property
    def holds(self) -> bool:
        """Whether the wanted sensitivity lies in the interval of the reached one, or below it."""
        return self.sensitivity.interval is None or self.wanted <= self.sensitivity.interval[1]


@dataclass(frozen=True)
class Cost:
    """Mean cost of a picture: by the decision, and with the likeliest class in its place.

    gain, error  by how much the decision is cheaper, with the paired standard error; None for one group
    """

    decided: float
    likeliest: float
    gain: float
    error: float | None


@dataclass(frozen=True)
class Decided:
    """What a decision comes to. accuracy: of what the pictures are called by it; likeliest: of the likeliest class."""

    accuracy: Score
    likeliest: Score
    reached: tuple[Reached, ...] = ()
    cost: Cost | None = None


@dataclass(frozen=True)
class Points:
    """curves, of the classes that were asked for, else of the weakest; decided: None without a decision."""

    curves: tuple[Curve, ...]
    decided: Decided | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "curves": [_rounded(asdict(curve)) for curve in self.curves],
            "decided": self.decided and asdict(self.decided),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Points:
        """Of to_dict()."""
        decided = values["decided"]
        return Points(tuple(map(Curve.from_dict, values["curves"])), decided and _decided(decided))


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    lists = ("specificity", "low", "high")
    return {**values, **{name: [round(value, 4) for value in values[name]] for name in lists}}


def _decided(values: Mapping[str, Any]) -> Decided:
    return Decided(
        Score.from_dict(values["accuracy"]),
        Score.from_dict(values["likeliest"]),
        tuple(
            Reached(
                **{
                    **one,
                    "interval": tuple(one["interval"]),
                    "sensitivity": Score.from_dict(one["sensitivity"]),
                    "specificity": Score.from_dict(one["specificity"]),
                }
            )
            for one in values["reached"]
        ),
        values["cost"] and Cost(**values["cost"]),
    )


def points(
    evaluation: Evaluation,
    decision: Decision | None = None,
    *,
    proved: bool = True,
    experts: Mapping[str, Sequence[Expert]] | None = None,
) -> Points:
    """The curves of the classes that the decision or experts are about, else of the two weakest.

    decision  what it reaches is told too, if `proved`: the pictures are none that its thresholds were found on
    experts   class → people who were asked about it
    """
    experts = experts or {}
    asked = [*experts, *(one.name for one in (decision.thresholds if decision else ()))]
    names = list(dict.fromkeys(asked)) or _weakest(evaluation)
    curves = [curve(evaluation, name) for name in names]
    found = tuple(beside(one, evaluation, experts.get(one.name, ())) for one in curves if one)
    return Points(found, decided(evaluation, decision) if decision and proved else None)


def _weakest(evaluation: Evaluation) -> list[str]:
    """The two classes of the lowest recall; of two classes one, since the other's curve is its mirror image."""
    rows = [one for one in evaluation.per_class() if one.recall is not None]
    rows.sort(key=lambda one: (one.recall, -one.support))
    return [one.name for one in rows[: 1 if len(evaluation.classes) == 2 else 2]]


def curve(evaluation: Evaluation, name: str, *, draws: int = DRAWS, seed: int = 0) -> Curve | None:
    """The curve of a class; None where the pictures are all of it, or none is."""
    place = evaluation.classes.index(name)
    positive, scores = evaluation.labels == place, evaluation.probabilities[:, place]
    if positive.all() or not positive.any():
        return None
    ranked = _Ranked.of(scores, positive, evaluation.groups)
    (specificity,), (area,) = ranked.measured(np.ones((1, ranked.groups)))
    parts = [ranked.measured(part) for part in drawings(ranked.groups, draws, seed)]
    bands, areas = (np.concatenate(found) for found in zip(*parts, strict=True))
    low, high = np.nanpercentile(bands, (2.5, 97.5), axis=0) if len(bands) else (specificity, specificity)
    return Curve(
        name,
        int(positive.sum()),
        int((~positive).sum()),
        tuple(specificity.tolist()),
        tuple(np.minimum(low, specificity).tolist()),
        tuple(np.maximum(high, specificity).tolist()),
        float(area),
        _of_area(float(area), areas, ranked),
    )


def _of_area(area: float, drawn: np.ndarray, ranked: _Ranked) -> tuple[float, float]:
    """The 95 % interval. Where no picture lies on the wrong side every draw has an area of 1: Wilson's interval then,
    for the groups of the smaller side, which bound the variance of an area (Birnbaum & Klose 1957)."""
    if area >= 1 or not len(drawn):
        least = min(
            len(np.unique(ranked.code[ranked.positive])), len(np.unique(ranked.code[~ranked.positive]))
        )
        return wilson(area * least, least)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return min(float(low), area), max(float(high), area)


@dataclass(frozen=True)
class _Ranked:
    """Pictures by falling score. code int64 [N]: their groups, 0 to `groups` − 1; ends: last places of equal scores."""

    positive: np.ndarray
    code: np.ndarray
    groups: int
    ends: np.ndarray

    @staticmethod
    def of(scores: np.ndarray, positive: np.ndarray, groups: np.ndarray | None) -> _Ranked:
        order = np.argsort(-scores, kind="stable")
        code = np.arange(len(scores)) if groups is None else np.unique(groups, return_inverse=True)[1]
        ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
        return _Ranked(positive[order], code[order], int(code.max()) + 1, ends)

    def measured(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(specificity [R', 101] at GRID, area [R']) with each group as often as `weights` [R, G] say.

        Rows without pictures on both sides are left out.
        """
        size = max(1, _AT_ONCE // len(self.code))
        parts = [self._some(weights[start : start + size]) for start in range(0, len(weights), size)]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _some(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        each = weights[:, self.code]
        hits = np.cumsum(each * self.positive, axis=1)[:, self.ends]
        false = np.cumsum(each * ~self.positive, axis=1)[:, self.ends]
        both = (hits[:, -1] > 0) & (false[:, -1] > 0)
        start = np.zeros((int(both.sum()), 1))
        sensitivity = np.hstack([start, hits[both] / hits[both, -1:]])
        others = np.hstack([start, false[both] / false[both, -1:]])
        between = (sensitivity[:, 1:] + sensitivity[:, :-1]) / 2
        area = (np.diff(others, axis=1) * between).sum(axis=1)  # half of a tie is right
        at = [np.searchsorted(row, GRID - 1e-9) for row in sensitivity]
        best = [1 - row[places] for row, places in zip(others, at, strict=True)]
        return np.array(best).reshape(-1, len(GRID)), area


def beside(found: Curve, evaluation: Evaluation, experts: Sequence[Expert]) -> Curve:
    """The curve with experts, each with the model's specificity at the expert's sensitivity."""
    if not experts:
        return found
    place = evaluation.classes.index(found.name)
    scores, positive = evaluation.probabilities[:, place], evaluation.labels == place
    ranked = np.sort(scores[positive])[::-1]

    def specificity(sensitivity: float) -> float:
        count = int(np.ceil(sensitivity * len(ranked) - 1e-9))
        return float((scores[~positive] < ranked[count - 1]).mean()) if count else 1.0

    return replace(found, experts=tuple(replace(one, beside=specificity(one.sensitivity)) for one in experts))


def decided(evaluation: Evaluation, decision: Decision) -> Decided:
    """What the decision comes to on these pictures."""
    answers, groups = decision.decide(evaluation.probabilities), evaluation.groups
    return Decided(
        score(answers == evaluation.labels, groups),
        score(evaluation.correct, groups),
        tuple(_reached(evaluation, answers, one) for one in decision.thresholds),
        _cost(evaluation, answers, decision) if decision.costs else None,
    )


def _reached(evaluation: Evaluation, answers: np.ndarray, one: Any) -> Reached:
    place = evaluation.classes.index(one.name)
    there, called = evaluation.labels == place, answers == place

    def of(part: np.ndarray, right: np.ndarray) -> Score:
        return score(right[part], None if evaluation.groups is None else evaluation.groups[part])

    return Reached(
        one.name, one.wanted, one.value, (one.low, one.high), of(there, called), of(~there, ~called)
    )


def _cost(evaluation: Evaluation, answers: np.ndarray, decision: Decision) -> Cost:
    costs = np.array(decision.costs)
    usual, own = (costs[evaluation.labels, given] for given in (evaluation.predictions, answers))
    groups = np.arange(evaluation.n) if evaluation.groups is None else evaluation.groups
    gain, error = paired(usual, own, groups)
    return Cost(float(own.mean()), float(usual.mean()), gain, error if np.isfinite(error) else None)
