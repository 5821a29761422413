"""Facts: what was measured of a set of pictures, every number with how it was got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# SURER is a share of the source's mean entropy on new pictures of its own, NEAR a distance as in Facts. The pictures
# that `small` was trained on have 0.69 and 0.03; few of their classes lie further off: of draws of 50 pictures of 5
# classes 99 % lie below 0.48. Of other sets one alone is as sure, brain scans through `demo-cnn`: 0.74 and 0.85; of
# draws of 20 of them 99 % lie above 0.60 (benchmarks/more/seen.py).
SURER, NEAR = 0.8, 0.5


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
    """The accuracy to expect of n training pictures, with its 90 % interval: fitted, not measured."""

    n: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class Ahead:
    """How far the top cut is ahead of random weights on a part of the pictures, both trained and tried on that part.

    pictures         of the part
    accuracy         of the best cut with random weights there, cross-validated
    lead, error      of the top cut over it, in accuracy, and the paired standard error
    """

    pictures: int
    accuracy: float
    lead: float
    error: float


@dataclass(frozen=True)
class Facts:
    """What was measured, before anything is concluded from it.

    n, groups        training pictures, and groups of them that belong together (frames, duplicates)
    class_counts     class name → training pictures
    sampled          pictures actually run through the network (a stratified sample of n, or all)
    profile          one CutScore per cut, from input to output
    concatenated     all cuts side by side, scored alike (cut = "+" joined names; behind < 0: ahead of the best one)
    optimism         what the best single cut's accuracy owes to its having been picked among several, in accuracy
    control          best cross-validated accuracy of the same network with random weights, of as many copies as needed;
                     where a part of the pictures was enough, the top cut's accuracy less its lead on that part
    control_error    standard error of (pre-trained top cut − control), paired
    curve, curve_cut learning curve of the probe at the best single cut
    majority         share of the most frequent class
    entropy          source head's mean entropy on these pictures / log S, or None
    source_entropy   the same on the source's own held-out pictures, or None
    distance         by what factor, as a natural logarithm, the typical channel is stronger or weaker here than on the
                     source's pictures (nearness.distance), or None (not available); distance_error: its standard error
    folds            cross-validation folds
    reach            what the curve comes to with all n pictures, or with twice as many where all were measured: fitted;
                     None with fewer than 5 groups in the median class, which tell too little
    logme            LogME of the top cut, per picture: how well its features explain the labels
    effective        what the n pictures are worth: single ones would say as much; from `groups` to n
    typical_class    groups of pictures in the median class
    how              fact's name → one sentence saying how it was got
    """

    n: int
    groups: int
    class_counts: Mapping[str, int]
    sampled: int
    profile: tuple[CutScore, ...]
    concatenated: CutScore | None
    control: float
    control_error: float
    curve: tuple[CurvePoint, ...]
    majority: float
    entropy: float | None
    source_entropy: float | None
    distance: float | None
    folds: int
    reach: Reach | None = None
    logme: float | None = None
    typical_class: float = 0.0
    effective: float = 0.0
    distance_error: float | None = None
    curve_cut: str = ""
    optimism: float = 0.0
    how: Mapping[str, str] = field(default_factory=dict)

    @property
    def top(self) -> CutScore:
        """The highest cut, just below the classifier."""
        return self.profile[-1]

    @property
    def lower(self) -> CutScore:
        """The best cut below the top; the top where there is none."""
        return max(self.profile[:-1] or self.profile, key=lambda row: row.accuracy)

    @property
    def best(self) -> CutScore:
        """The best single cut; of equals the first."""
        return min(self.profile, key=lambda row: row.behind)

    @property
    def single(self) -> float:
        """Accuracy of the best single cut, less what it owes to having been picked."""
        return max(row.accuracy for row in self.profile) - self.optimism

    @property
    def lead(self) -> float:
        """Of the top cut over random weights, in accuracy."""
        return self.top.accuracy - self.control

    @property
    def steepness(self) -> float:
        """Share of the top probe's errors that the best single cut takes away; 0 where the top is the best.

        A large share means that lower cuts hold what the top has lost, and that training has it to win back: Yosinski
        et al. (2014) found that top layers are specialised, and that fine-tuning gains more the further apart the two
        tasks are.
        """
        return max(0.0, self.single - self.top.accuracy) / max(
            1 - self.top.accuracy, 1 / max(1, self.sampled)
        )

    @property
    def seen(self) -> bool:
        """Whether the network looks as if it had been trained on these very pictures.

        Its features are as on the source's pictures, and its own head is surer than of such as were new to it. Where
        that is not known, it is not said.
        """
        if self.entropy is None or self.source_entropy is None or self.distance is None:
            return False
        return self.distance < NEAR and self.entropy < SURER * self.source_entropy

    def joins(self, cut: str) -> bool:
        """Whether `cut` is all cuts side by side."""
        return self.concatenated is not None and cut == self.concatenated.cut

    @property
    def scores(self) -> tuple[CutScore, ...]:
        """Every probe: at the cuts, from input to output, and at all of them where there are several."""
        return (*self.profile, *([self.concatenated] if self.concatenated else []))

    def score(self, cut: str) -> CutScore:
        """The score at one cut, or at all of them, "+" joined."""
        return next(row for row in self.scores if row.cut == cut)

    def expected(self, cut: str, joint_lead: float) -> float:
        """The accuracy to expect of the probe at `cut`.

        No single cut is expected to be better than the best one is, once its optimism is taken off. joint_lead: by how
        much all cuts side by side are expected to be ahead of that.
        """
        return self.single + joint_lead if self.joins(cut) else min(self.single, self.score(cut).accuracy)
