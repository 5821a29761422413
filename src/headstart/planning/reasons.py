"""Why a plan is as it is: what decided, and the numbers that were held against each other. words.py says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from headstart.evidence.facts import CutScore

Cause = Literal["expected", "declared", "asked", "random", "cut", "one cut"]


@dataclass(frozen=True)
class Chosen:
    """What is done.

    number   the case whose way it is; 0 for none of the four
    lesson   the case that the lesson makes of the pictures
    cause    what decided: what it is expected to come to ("expected"); the size or similarity that was told, so that
             the lesson's case is followed ("declared"); the case that was asked for ("asked"), random weights
             ("random"), a cut ("cut"); or that the network, named `network`, has no lower cut ("one cut")
    kept     stages that stay, of `stages`; reads: how many of them the head reads from
    """

    number: int
    lesson: int
    cause: Cause
    network: str
    kept: int
    stages: int
    reads: int


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
    """fallback: what was asked for."""

    fallback: str


Reason = CutChosen | Uneven | Unexpected | Rates | FallbackAsked
