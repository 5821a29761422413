"""Size: whether the pictures are few or many, as the lesson counts them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from headstart.evidence.curve import exponent, gained
from headstart.evidence.facts import Facts

SMALL, LARGE = 2_000, 1_000_000  # the lesson's marks; the line between them is subjective
LINE = 10_000  # and is drawn here where the learning curve says nothing else
MIDDLE = math.sqrt(SMALL * LARGE)  # of the logarithmic axis
FLAT, STEEP = 0.01, 0.05  # in accuracy, what twice as many pictures would add


@dataclass(frozen=True)
class Size:
    """n, groups   training pictures, and groups of them
    effective      what they are worth: pictures of one thing count for what they add
    doubling       what twice as many would add to the probe's accuracy, by the learning curve; None where that is too
                   short, or where the probe is no better than naming the most frequent class
    """

    n: int
    groups: int
    effective: float
    doubling: float | None

    @property
    def line(self) -> float:
        """Effective pictures from which these are many.

        Where twice as many would add little, the set has told nearly all it can, and overfitting is no concern; where
        they would add much, it is far from that.
        """
        if self.doubling is None:
            return LINE
        if self.doubling < FLAT:
            return SMALL
        return MIDDLE if self.doubling >= STEEP else LINE

    @property
    def measured(self) -> str:
        """The lower mark itself is small, whatever the curve says."""
        return "large" if self.effective > SMALL and self.effective >= self.line else "small"


def size_of(facts: Facts) -> Size:
    return Size(facts.n, facts.groups, facts.effective, _doubling(facts))


def _doubling(facts: Facts) -> float | None:
    """In accuracy, from all pictures on; the curve may end at a sample of them."""
    if len(facts.curve) < 2 or facts.curve[-1].accuracy <= facts.majority:
        return None
    falls = exponent(facts.curve)
    more = max(1.0, facts.n / max(1, facts.sampled))
    error = 1 - facts.curve[-1].accuracy
    return gained(error - gained(error, falls, more), falls, 2)
