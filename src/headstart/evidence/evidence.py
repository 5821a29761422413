"""Evidence: the ground for a plan. The facts, what follows from them, and under which conditions they were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from headstart.evidence.facts import CurvePoint, CutScore, Facts, Reach
from headstart.evidence.verdict import NOT_KNOWN, Gain, Verdict

# The fields of an evidence in JSON, in their order (docs/json.md).
FIELDS = (
    *("n", "groups", "class_counts", "sampled", "size", "similarity", "profile", "best_cut"),
    *("concatenated", "control", "control_error", "curve", "majority", "entropy", "source_entropy"),
    *("distance", "folds", "how", "precision", "reach", "logme", "typical_class", "curve_cut"),
    *("optimism", "joint_lead", "trained_cut", "gains", "pictures", "effective"),
    *("distance_error", "pays", "line", "doubling", "index", "declared"),
)
VERDICTS = tuple(entry.name for entry in fields(Verdict) if entry.name != "how")


@dataclass(frozen=True)
class Evidence:
    """Facts and verdict, whose names stand here too.

    precision   "fp32" or "bf16": what the frozen networks ran in; precision_how: why in that
    pictures    short hash of the training pictures, as a plan holds it
    """

    facts: Facts
    verdict: Verdict
    precision: str = "fp32"
    precision_how: str = ""
    pictures: str = ""

    @property
    def n(self) -> int:
        """Training pictures."""
        return self.facts.n

    @property
    def groups(self) -> int:
        """Groups of training pictures that belong together."""
        return self.facts.groups

    @property
    def class_counts(self) -> Mapping[str, int]:
        """Class name → training pictures."""
        return self.facts.class_counts

    @property
    def sampled(self) -> int:
        """Pictures that were run through the network."""
        return self.facts.sampled

    @property
    def profile(self) -> tuple[CutScore, ...]:
        """The probe at every cut, from input to output."""
        return self.facts.profile

    @property
    def concatenated(self) -> CutScore | None:
        """The probe at all cuts side by side; None where there is one cut."""
        return self.facts.concatenated

    @property
    def control(self) -> float:
        """The best accuracy of random weights."""
        return self.facts.control

    @property
    def control_error(self) -> float:
        """Standard error of the top cut's lead over these, paired."""
        return self.facts.control_error

    @property
    def curve(self) -> tuple[CurvePoint, ...]:
        """The learning curve at curve_cut."""
        return self.facts.curve

    @property
    def curve_cut(self) -> str:
        """The best single cut, whose learning curve it is."""
        return self.facts.curve_cut

    @property
    def majority(self) -> float:
        """Share of the most frequent class."""
        return self.facts.majority

    @property
    def entropy(self) -> float | None:
        """Mean entropy of the source's head on these pictures, or None."""
        return self.facts.entropy

    @property
    def source_entropy(self) -> float | None:
        """The same on the source's own pictures, or None."""
        return self.facts.source_entropy

    @property
    def distance(self) -> float | None:
        """Of the feature statistics from the source's, or None."""
        return self.facts.distance

    @property
    def folds(self) -> int:
        """Of the cross-validation."""
        return self.facts.folds

    @property
    def reach(self) -> Reach | None:
        """What more pictures would come to, or None."""
        return self.facts.reach

    @property
    def logme(self) -> float | None:
        """LogME of the top cut, per picture, or None."""
        return self.facts.logme

    @property
    def top(self) -> CutScore:
        """The probe at the highest cut, just below the classifier."""
        return self.facts.top

    @property
    def lower(self) -> CutScore:
        """The probe at the best cut below the top; the top where there is none."""
        return self.facts.lower

    @property
    def steepness(self) -> float:
        """Share of the top probe's errors that the best single cut takes away."""
        return self.facts.steepness

    @property
    def size(self) -> str:
        """The verdict: "small" or "large"."""
        return self.verdict.size

    @property
    def similarity(self) -> str:
        """The verdict: "similar" or "different"."""
        return self.verdict.similarity

    @property
    def best_cut(self) -> str:
        """Where a frozen probe is expected to be best: one cut, or all of them, "+" joined."""
        return self.verdict.best_cut

    @property
    def joint_lead(self) -> float:
        """By how much all cuts are expected to be ahead of the best single one."""
        return self.verdict.joint_lead

    @property
    def trained_cut(self) -> str:
        """Up to where training is expected to go best."""
        return self.verdict.trained_cut

    @property
    def gains(self) -> Mapping[str, Gain]:
        """TUNED and SCRATCH → what they are expected to add to the probe at best_cut."""
        return self.verdict.gains

    @property
    def pays(self) -> bool:
        """Whether training is worth a try."""
        return self.verdict.pays

    @property
    def effective(self) -> float:
        """What the training pictures are worth in single ones."""
        return self.facts.effective

    @property
    def how(self) -> dict[str, str]:
        """Name of a fact or a verdict → one sentence saying how it was got."""
        ran = {"precision": self.precision_how} if self.precision_how else {}
        return {**self.facts.how, **self.verdict.how, **ran}

    def joins(self, cut: str) -> bool:
        """Whether `cut` is all cuts side by side."""
        return self.facts.joins(cut)

    def score(self, cut: str) -> CutScore:
        """The score at one cut, or at all of them, "+" joined."""
        return self.facts.score(cut)

    def expected(self, cut: str) -> float:
        """The accuracy to expect of the probe at `cut`, one or all of them."""
        return self.facts.expected(cut, self.joint_lead)

    def to_dict(self) -> dict[str, Any]:
        """As docs/json.md has it: facts and verdicts side by side."""
        values = {**asdict(self.facts), **asdict(self.verdict)}
        values |= {"how": self.how, "precision": self.precision, "pictures": self.pictures}
        return {name: values[name] for name in FIELDS}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Evidence:
        """What to_dict() gave, perhaps read back from JSON. Raises KeyError where a measured field is missing."""
        joint, reach = values["concatenated"], values.get("reach")
        how = dict(values.get("how", {}))
        ran = how.pop("precision", "")
        why = {name: said for name, said in how.items() if name in VERDICTS}
        how = {name: said for name, said in how.items() if name not in VERDICTS}
        read = {
            **values,
            "profile": tuple(CutScore(**row) for row in values["profile"]),
            "concatenated": None if joint is None else CutScore(**joint),
            "reach": None if reach is None else Reach(**reach),
            "curve": tuple(CurvePoint(**row) for row in values["curve"]),
            "effective": values.get("effective", values["groups"]),
            "declared": tuple(values.get("declared", ())),
            "index": tuple(values.get("index", NOT_KNOWN)),
            "gains": {name: Gain(**gain) for name, gain in values.get("gains", {}).items()},
        }
        return Evidence(
            Facts(**_of(Facts, {**read, "how": how})),
            Verdict(**_of(Verdict, {**read, "how": why})),
            precision=values.get("precision", "fp32"),
            precision_how=ran,
            pictures=values.get("pictures", ""),
        )


def _of(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` that are fields of `kind`."""
    return {entry.name: values[entry.name] for entry in fields(kind) if entry.name in values}
