"""What more pictures would bring to a classifier, in pictures of a hundred, and of which class they are lacking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headstart.evidence import curve
from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import Reach
from headstart.intervals import wilson

TIMES = 2

SEEN = (
    "The network seems to have been trained on these very pictures: it is surer of them than of pictures that were new "
    "to it. All accuracies are then too good; judge the result on pictures that it cannot have seen."
)


@dataclass(frozen=True)
class More:
    """With `times` as many training pictures.

    reach  what the classifier comes to then, with a 90 % interval of what it gains: fitted, not measured
    now    its accuracy
    of     the class that has both the fewest pictures and the lowest recall; "" where there is no such one
    """

    times: int
    reach: Reach
    now: float
    of: str = ""

    def __str__(self) -> str:
        most = f" More of “{self.of}” first: it has the fewest, and is found least often." if self.of else ""
        return f"With {_TIMES.get(self.times, f'{self.times} times')} as many training pictures: {self._told()}.{most}"

    def _told(self) -> str:
        low, high = math.floor(100 * self.reach.low), math.ceil(100 * self.reach.high)
        if self.reach.accuracy - self.now < 0.005:
            return "hardly more than now"
        return f"{max(low, round(100 * self.now))} to {high} of 100"

    def to_dict(self) -> dict[str, Any]:
        """As docs/json.md has it."""
        return {"times": self.times, **asdict(self.reach), "of": self.of}


_TIMES = {2: "twice", 4: "four times"}


def more(
    evidence: Evidence | None,
    accuracy: float,
    found: Mapping[str, tuple[int, int]] | None = None,
    *,
    frozen: bool,
    times: int = TIMES,
) -> More | None:
    """What `times` as many training pictures would come to; None where the learning curve does not know.

    accuracy  of the classifier on new pictures, in [0, 1]
    found     class → (pictures of it that were named rightly, pictures of it)
    frozen    whether its network is as it was: the curve is that of a probe, and tells nothing of a trained network
    """
    if evidence is None or not frozen or evidence.reach is None or seen(evidence):
        return None
    reach = curve.more(evidence.curve, times, accuracy, evidence.n)
    return reach and More(times, reach, accuracy, lacking(evidence.class_counts, found or {}))


def seen(evidence: Evidence) -> bool:
    """Whether the network looks as if it had been trained on these very pictures."""
    return evidence.facts.seen


def lacking(counts: Mapping[str, int], found: Mapping[str, tuple[int, int]]) -> str:
    """The class with the fewest training pictures, where it is also the one that is found least often; else "".

    counts: class → training pictures; found: class → (right, tried). Its recall must lie below that of all pictures,
    beyond its 95 % interval.
    """
    tried = {name: (right, n) for name, (right, n) in found.items() if n and name in counts}
    if len(tried) < 2:
        return ""
    fewest = min(counts[name] for name in tried)
    worst = min(tried, key=lambda name: tried[name][0] / tried[name][1])
    alone = [counts[name] for name in tried].count(fewest) == 1
    overall = sum(right for right, _ in tried.values()) / sum(n for _, n in tried.values())
    clear = wilson(*tried[worst])[1] < overall
    return worst if alone and clear and counts[worst] == fewest else ""
