"""Finding: one picture that a person should look at, and why; Reviewed: all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from headstart.data.given import Given

WRONG, TORN, STRADDLES = "wrong label", "in two classes", "in two splits"
ODD, DARK, BLURRED, TINY = "odd one out", "dark", "blurred", "tiny"
KINDS = (WRONG, TORN, STRADDLES, ODD, DARK, BLURRED, TINY)


@dataclass(frozen=True)
class Finding:
    """One picture, and what was found of it.

    kind       one of KINDS
    path, digest, label    which picture, its content's SHA-256 in hex, and its class
    score      0 to 1: how much it looks so; the worst of a kind come first
    suggested  the class that it may be of, "" where none is suggested
    other, other_label, other_digest    the picture that it is like, "" where there is none
    reason     a sentence
    """

    kind: str
    path: str
    digest: str
    label: str
    score: float
    suggested: str = ""
    other: str = ""
    other_label: str = ""
    other_digest: str = ""
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Finding:
        return Finding(**{one.name: values[one.name] for one in fields(Finding) if one.name in values})


@dataclass(frozen=True)
class Reviewed:
    """What a look at N pictures found.

    n         pictures; judged: those whose label heads could judge that had not learnt from it
    accuracy  how many of the judged these heads name as they are labelled, 0 to 1; None where none is judged
    findings  those of one kind together, in the order of KINDS, the worst first
    limits    kind → where its line was drawn, in a sentence
    notes     what could not be judged, and why
    noise     how many of the judged labels are wrong, as a share, estimated; None where none is judged
    held      pictures of the findings that are in memory, by what they are called; no part of to_dict()
    """

    n: int
    judged: int
    accuracy: float | None
    findings: tuple[Finding, ...]
    limits: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    noise: float | None = None
    held: Mapping[str, Given] = field(default_factory=dict, compare=False, repr=False)

    def of(self, kind: str) -> tuple[Finding, ...]:
        """The findings of a kind."""
        return tuple(one for one in self.findings if one.kind == kind)

    def counts(self) -> dict[str, int]:
        """Kind → findings, of all kinds."""
        return {kind: len(self.of(kind)) for kind in KINDS}

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "n": self.n,
            "judged": self.judged,
            "accuracy": self.accuracy,
            "noise": self.noise,
            "counts": self.counts(),
            "findings": [one.to_dict() for one in self.findings],
            "limits": dict(self.limits),
            "notes": list(self.notes),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Reviewed:
        return Reviewed(
            values["n"],
            values["judged"],
            values["accuracy"],
            tuple(map(Finding.from_dict, values["findings"])),
            values.get("limits", {}),
            tuple(values.get("notes", ())),
            values.get("noise"),
        )
