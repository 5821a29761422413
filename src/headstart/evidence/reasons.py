"""What each rule of conclude found: the numbers, and what they were held against. words.py makes sentences of them."""

from __future__ import annotations

from dataclasses import dataclass

from headstart.evidence.facts import CutScore


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

    single      the top cut where it cannot be told from the best one, else the shallowest at most `tolerance` behind it
    top         whether it is the top one
    joint       all cuts side by side; None where there is one cut
    tolerance   all cuts are taken where they are expected to lead by more than this, in accuracy
    """

    single: CutScore
    joint: Joint | None
    tolerance: float
    top: bool

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
