"""Why a plan is as it is: what decided, and the numbers that were held against each other. words.py says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from headstart.evidence.facts import CutScore

CaseCause = Literal["measured", "asked", "random", "lower cut", "top cut", "one cut"]


@dataclass(frozen=True)
class CaseChosen:
    """number: the case; way: what it does; size, similarity and measured: the verdicts, and the case they call for.

    cause   "measured", or what overruled that: the case that was asked for ("asked"), random weights ("random"), a cut
            below the top ("lower cut"), or that the network, named `network`, has no lower cut ("one cut")
    """

    number: int
    way: str
    size: str
    similarity: str
    measured: int
    cause: CaseCause
    network: str


@dataclass(frozen=True)
class CutChosen:
    """cut: where the head sits; score: its probe, or None where it was not measured; top: that at the top.

    cause      it is the "top"; it was "asked" for; training goes up to it ("trained"); the frozen probe is best there
               ("probe")
    all_cuts   how many cuts there are, where it is all of them side by side; else 0
    why        of "probe": the sentence of the evidence
    """

    cut: tuple[str, ...]
    score: CutScore | None
    top: CutScore
    cause: Literal["top", "asked", "trained", "probe"]
    all_cuts: int = 0
    why: str = ""


@dataclass(frozen=True)
class Uneven:
    """The most and the least frequent class, with their training pictures, where these are far apart."""

    most: tuple[str, int]
    least: tuple[str, int]


@dataclass(frozen=True)
class Unexpected:
    """asked: values of training that were asked for, of which nothing is known beforehand; decided: whether a probe may
    stand in, so that the selection pictures decide."""

    asked: tuple[str, ...]
    decided: bool = True


@dataclass(frozen=True)
class Rates:
    """case: whose training it is; frozen: stages that it freezes; scales: stage → multiplier of its rate."""

    case: int
    frozen: tuple[str, ...]
    scales: Mapping[str, float]


@dataclass(frozen=True)
class FallbackAsked:
    """fallback: what was asked for; case: the case that it makes of the plan, where that is another one."""

    fallback: str
    case: int | None


Reason = CaseChosen | CutChosen | Uneven | Unexpected | Rates | FallbackAsked
