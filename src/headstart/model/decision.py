"""Decision: what a picture is called where the likeliest class is not what is wanted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Threshold:
    """A picture is called `name` where that is at least as probable as `value`.

    wanted       the sensitivity that was asked for: the share of the class's pictures that are to be called so
    low, high    95 % interval of `value`, by a bootstrap over groups
    pictures     training pictures of the class, each named by a head that had not seen it, that it was found on;
    sensitivity  the share of these that it calls so
    """

    name: str
    wanted: float
    value: float
    low: float
    high: float
    pictures: int
    sensitivity: float

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Threshold:
        """Of asdict(). Raises ValueError, TypeError, LookupError for anything else."""
        found = Threshold(**values)
        numbers = (found.wanted, found.value, found.low, found.high, found.sensitivity)
        if not all(isinstance(n, int | float) and math.isfinite(n) and 0 <= n <= 1 for n in numbers):
            raise ValueError("decision: expected numbers from 0 to 1")
        if type(found.pictures) is not int or found.pictures < 1:
            raise ValueError(f"decision: found on {found.pictures!r} pictures, expected 1 or more")
        return found


@dataclass(frozen=True)
class Decision:
    """How a class is chosen from C probabilities.

    classes     C names
    thresholds  one for each wanted sensitivity, in the order in which they were asked for
    costs       C rows of C numbers: what it costs to call a picture of the row's class the column's; () for none
    """

    classes: tuple[str, ...]
    thresholds: tuple[Threshold, ...] = ()
    costs: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where it does not hold for the classes."""
        count, named = len(self.classes), [one.name for one in self.thresholds]
        if bool(self.costs) == bool(named):
            raise ValueError("decision: expected thresholds or costs")
        if set(named) - set(self.classes) or len(set(named)) < len(named) or len(named) >= count:
            raise ValueError("decision: expected thresholds for different classes, and for not all of them")
        if self.costs and (len(self.costs) != count or any(len(row) != count for row in self.costs)):
            raise ValueError(f"decision: expected {count} rows of {count} costs")
        if not all(math.isfinite(cost) and cost >= 0 for row in self.costs for cost in row):
            raise ValueError("decision: expected costs of 0 or more")

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """int64 [N], places in `classes`, for probabilities [N, C].

        With costs: the class whose expected cost is least. With thresholds: the first class that reaches its own; where
        none does, the likeliest of the classes that have none.
        """
        if self.costs:
            return (np.asarray(probabilities, np.float64) @ np.array(self.costs)).argmin(axis=1)
        called = {one.name for one in self.thresholds}
        others = np.array([place for place, name in enumerate(self.classes) if name not in called])
        found = others[probabilities[:, others].argmax(axis=1)]
        for one in reversed(self.thresholds):  # the first has the last word
            place = self.classes.index(one.name)
            found = np.where(probabilities[:, place] >= one.value, place, found)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a bundle keeps them; the classes are the bundle's."""
        if self.costs:
            return {"costs": [list(row) for row in self.costs]}
        return {"thresholds": [asdict(one) for one in self.thresholds]}

    @staticmethod
    def from_dict(values: Mapping[str, Any], classes: tuple[str, ...]) -> Decision:
        """Of to_dict(). Raises ValueError, TypeError, LookupError for anything else."""
        return Decision(
            classes,
            tuple(map(Threshold.from_dict, values.get("thresholds", ()))),
            tuple(tuple(float(cost) for cost in row) for row in values.get("costs", ())),
        )
