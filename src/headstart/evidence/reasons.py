"""What each rule of conclude found: the numbers, and what they were held against. words.py makes sentences of them."""

from __future__ import annotations

from dataclasses import dataclass

from headstart.evidence.facts import CutScore
from headstart.evidence.verdict import Gain


@dataclass(frozen=True)
class Joint:
    """All cuts side by side against the best single one, in accuracy.

    score              their own probe
    measured, error    its lead here, with the paired standard error
    optimism           what the single cut owes to having been picked: it comes to the measured lead
    usual              the lead that other data sets had
    expected           what the measured lead and the usual one come to together
    """

    score: CutScore
    measured: float
    error: float
    optimism: float
    usual: float
    expected: float


@dataclass(frozen=True)
class BestCut:
    """Where a frozen probe is expected to be best.

    single      the shallowest cut that is at most `tolerance` behind the best one
    joint       all cuts side by side; None where there is one cut
    tolerance   all cuts are taken where they are expected to lead by more than this, in accuracy
    """

    single: CutScore
    joint: Joint | None
    tolerance: float

    @property
    def joined(self) -> bool:
        """Whether all cuts are taken."""
        return self.joint is not None and self.joint.expected > self.tolerance

    @property
    def cut(self) -> str:
        return self.joint.score.cut if self.joint is not None and self.joined else self.single.cut

    @property
    def lead(self) -> float:
        """What is to be expected of all cuts beyond the best single one; 0 where there is one cut."""
        return 0.0 if self.joint is None else self.joint.expected


@dataclass(frozen=True)
class Similarity:
    """Whether the top cut serves: nothing is expected to beat it, and it beats random weights.

    top, best      the top cut, the best single one
    joined         whether all cuts side by side are expected to be better
    close          whether nothing is expected to beat the top
    control        accuracy of random weights
    lead, error    of the top over these, with its paired standard error; beats: whether that is enough
    """

    top: CutScore
    best: CutScore
    joined: bool
    close: bool
    control: float
    lead: float
    error: float
    beats: bool

    @property
    def measured(self) -> str:
        return "similar" if self.close and self.beats else "different"


@dataclass(frozen=True)
class Size:
    """Whether it pays to try to train.

    n, groups     training pictures, and groups of them; typical_class: groups in the median class
    fewest        groups that the typical class needs
    gain, worth   what training is expected to add, and the accuracy that a try must be worth
    """

    n: int
    groups: int
    typical_class: float
    fewest: int
    gain: Gain
    worth: float

    @property
    def enough(self) -> bool:
        return self.typical_class >= self.fewest

    @property
    def measured(self) -> str:
        return "large" if self.enough and self.gain.tried > self.worth else "small"
