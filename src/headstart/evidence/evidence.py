"""Evidence: what was measured before anything was decided. Every number with how it was got."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# What can be expected beside frozen probes, by the names that compare has for them.
TUNED, SCRATCH = "probe, then fine-tune", "from scratch"


@dataclass(frozen=True)
class CutScore:
    """Cross-validated accuracy of a linear probe at one cut.

    accuracy     mean over the n pictures, in [0, 1]
    error        its standard error
    behind       how far it lies behind the best cut, in accuracy (0 for the best)
    behind_error standard error of that difference, *paired* picture by picture
    """

    cut: str
    accuracy: float
    error: float
    behind: float
    behind_error: float


@dataclass(frozen=True)
class CurvePoint:
    """One point of the probe's learning curve: trained on n pictures, accuracy on the pictures left out."""

    n: int
    accuracy: float
    error: float


@dataclass(frozen=True)
class Reach:
    """The accuracy to expect of n training pictures, with its 95 % interval: fitted, not measured."""

    n: int
    accuracy: float
    low: float
    high: float


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
class Evidence:
    """The measured ground for a plan.

    n, groups        training pictures, and groups of them that belong together (frames, duplicates)
    class_counts     class name → training pictures
    sampled          pictures actually run through the network (a stratified sample of n, or all)
    size             "small" or "large"
    similarity       "similar" or "different"
    profile          one CutScore per cut, from input to output
    best_cut         where a frozen probe is expected to be best: one cut, or all of them, "+" joined
    concatenated     all cuts side by side, scored alike (cut = "+" joined names; behind < 0: ahead of the best one)
    optimism         what the best single cut's accuracy owes to its having been picked among several, in accuracy
    joint_lead       by how much all cuts side by side are expected to be ahead of the best single one, in accuracy
    control          best cross-validated accuracy of the same network with random weights, of as many copies as it took
    control_error    standard error of (pre-trained top cut − control), paired
    curve, curve_cut learning curve of the probe at the best single cut
    majority         share of the most frequent class
    entropy          source head's mean entropy on these pictures / log S, or None
    source_entropy   the same on the source's own held-out pictures, or None
    distance         distance of the feature statistics from the source's, or None (not available)
    folds            cross-validation folds
    reach            what the curve comes to with all n pictures, or with twice as many where all were measured: fitted
    logme            LogME of the top cut, per picture: how well its features explain the labels
    typical_class    groups of pictures in the median class
    trained_cut      up to where training is expected to go best: the top, or the best cut below it
    gains            TUNED and SCRATCH → what they are expected to add to the probe at best_cut
    precision        "fp32" or "bf16": what the frozen networks ran in
    pictures         short hash of the training pictures, as a plan holds it
    how              fact's name → one sentence saying how it was got
    """

    n: int
    groups: int
    class_counts: Mapping[str, int]
    sampled: int
    size: str
    similarity: str
    profile: tuple[CutScore, ...]
    best_cut: str
    concatenated: CutScore | None
    control: float
    control_error: float
    curve: tuple[CurvePoint, ...]
    majority: float
    entropy: float | None
    source_entropy: float | None
    distance: float | None
    folds: int
    how: Mapping[str, str] = field(default_factory=dict)
    precision: str = "fp32"
    reach: Reach | None = None
    logme: float | None = None
    typical_class: float = 0.0
    curve_cut: str = ""
    optimism: float = 0.0
    joint_lead: float = 0.0
    trained_cut: str = ""
    gains: Mapping[str, Gain] = field(default_factory=dict)
    pictures: str = ""

    @property
    def top(self) -> CutScore:
        """The highest cut, just below the classifier."""
        return self.profile[-1]

    @property
    def lower(self) -> CutScore:
        """The best cut below the top; the top where there is none."""
        return max(self.profile[:-1] or self.profile, key=lambda row: row.accuracy)

    @property
    def single(self) -> float:
        """Accuracy of the best single cut, less what it owes to having been picked."""
        return max(row.accuracy for row in self.profile) - self.optimism

    @property
    def steepness(self) -> float:
        """Share of the top probe's errors that the best single cut takes away; 0 where the top is the best.

        The more lower cuts know that the top has lost, the more there is for training to bring back: Yosinski et al.
        (2014) found specialised top layers, and gains of fine-tuning, to grow with the distance between the tasks.
        """
        return max(0.0, self.single - self.top.accuracy) / max(
            1 - self.top.accuracy, 1 / max(1, self.sampled)
        )

    def joins(self, cut: str) -> bool:
        """Whether `cut` is all cuts side by side."""
        return self.concatenated is not None and cut == self.concatenated.cut

    def score(self, cut: str) -> CutScore:
        """The score at one cut, or at all of them, "+" joined."""
        rows = (*self.profile, *([self.concatenated] if self.concatenated else []))
        return next(row for row in rows if row.cut == cut)

    def expected(self, cut: str) -> float:
        """The accuracy to expect of the probe at `cut`: no more than the best single one is worth, but for all cuts."""
        return (
            self.single + self.joint_lead if self.joins(cut) else min(self.single, self.score(cut).accuracy)
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Evidence:
        joint, reach = values["concatenated"], values.get("reach")
        return Evidence(
            **{
                **values,
                "profile": tuple(CutScore(**row) for row in values["profile"]),
                "concatenated": None if joint is None else CutScore(**joint),
                "reach": None if reach is None else Reach(**reach),
                "curve": tuple(CurvePoint(**row) for row in values["curve"]),
                "gains": {name: Gain(**gain) for name, gain in values.get("gains", {}).items()},
            }
        )
