"""Verdict: what follows from the facts, and the sentence that says why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

# What can be expected beside frozen probes, by the names that compare has for them.
TUNED, SCRATCH = "probe, then fine-tune", "from scratch"


@dataclass(frozen=True)
class Gain:
    """What training is expected to add to the best frozen probe's accuracy, and the spread of that expectation."""

    expected: float
    spread: float

    @property
    def tried(self) -> float:
        """What to expect where the better of both is kept: the mean of the normal distribution's part above 0."""
        above = self.expected / self.spread
        density = math.exp(-(above**2) / 2) / math.sqrt(2 * math.pi)
        return self.expected * 0.5 * math.erfc(-above / math.sqrt(2)) + self.spread * density


@dataclass(frozen=True)
class Verdict:
    """What the facts come to.

    size             "small" or "large"
    similarity       "similar" or "different"
    best_cut         where a frozen probe is expected to be best: one cut, or all of them, "+" joined
    joint_lead       by how much all cuts side by side are expected to be ahead of the best single one, in accuracy
    trained_cut      up to where training is expected to go best: the top, or the best cut below it
    gains            TUNED and SCRATCH → what they are expected to add to the probe at best_cut
    how              name of a verdict → one sentence saying why
    """

    size: str
    similarity: str
    best_cut: str
    joint_lead: float = 0.0
    trained_cut: str = ""
    gains: Mapping[str, Gain] = field(default_factory=dict)
    how: Mapping[str, str] = field(default_factory=dict)
