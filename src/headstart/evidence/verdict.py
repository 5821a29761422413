"""Verdict: what follows from the facts, and the sentence that says why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from headstart.evidence.size import LINE

# What can be expected beside frozen probes, by the names that compare has for them.
TUNED, SCRATCH = "probe, then fine-tune", "from scratch"


# Of a similarity that was not measured.
NOT_KNOWN = (0.5, 0.0, 1.0)


@dataclass(frozen=True)
class Gain:
    """What training is expected to add to the best frozen probe's accuracy, and the spread of that expectation.

    error   standard error with which selection pictures will tell the two apart
    """

    expected: float
    spread: float
    error: float = 0.0

    @property
    def tried(self) -> float:
        """What a try is worth: what to expect where the one is kept that looks better on selection pictures.

        These shift the expectation; by how much, is not known before. Where they tell little they shift it little, and
        little is won by asking them. It is the mean of the normal distribution's part above 0 (Raiffa & Schlaifer
        1961: the expected value of sample information).
        """
        shift = self.spread**2 / math.hypot(self.spread, self.error)
        above = self.expected / shift
        density = math.exp(-(above**2) / 2) / math.sqrt(2 * math.pi)
        return self.expected * 0.5 * math.erfc(-above / math.sqrt(2)) + shift * density


@dataclass(frozen=True)
class Verdict:
    """What the facts come to.

    Of the pictures:
    size             "small" or "large"
    similarity       "similar" or "different"
    line             effective pictures from which the set counts as large
    doubling         what twice as many pictures would add to a frozen probe, in accuracy; None where that is not known
    index            (value, low, high): similarity from 0 to 1 with its 95 % interval; the line is at one half
    declared         "size", "similarity" or both, where these were told, not measured

    Of what to do:
    best_cut         where a frozen probe is expected to be best: one cut, or all of them, "+" joined
    joint_lead       by how much all cuts side by side are expected to be ahead of the best single one, in accuracy
    trained_cut      up to where training is expected to go best: the top, or the best cut below it
    gains            TUNED and SCRATCH → what they are expected to add to the probe at best_cut
    pays             whether training is worth a try

    how              name of a verdict → one sentence saying why
    """

    size: str
    similarity: str
    best_cut: str
    joint_lead: float = 0.0
    trained_cut: str = ""
    gains: Mapping[str, Gain] = field(default_factory=dict)
    pays: bool = False
    line: float = LINE
    doubling: float | None = None
    index: tuple[float, ...] = NOT_KNOWN
    declared: tuple[str, ...] = ()
    how: Mapping[str, str] = field(default_factory=dict)
