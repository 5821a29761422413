"""Contents: everything that a report tells of, as plain data; Judged: one picture and what it was called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from headstart.data.given import Given, name_of

if TYPE_CHECKING:
    from headstart.assess.baseline import Baseline
    from headstart.assess.hindsight import Hindsight
    from headstart.assess.scored import Scored
    from headstart.backbone.backbone import Backbone
    from headstart.data.dataset import BadPicture
    from headstart.evidence.evidence import Evidence
    from headstart.planning.plan import Plan
    from headstart.report.embedding import Embedding
    from headstart.training.arms import Arm
    from headstart.training.epoch import Epoch


class Told(Protocol):
    """What a part of the report tells of. `from_dict` of the same type makes it again from what `to_dict` gives."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        ...


_MOST_MISTAKES, _MOST_HITS = 24, 4
_MOST_OF_CELL, _MOST_EXAMPLES = 4, 120


@dataclass(frozen=True)
class Judged:
    """A picture (see Dataset.pictures), its true class, what it was called, how surely (0 to 1)."""

    picture: str | Given
    label: str
    prediction: str
    confidence: float

    @property
    def path(self) -> str:
        """What the picture is called."""
        return name_of(self.picture)


@dataclass(frozen=True)
class Way:
    """One way that was tried, see Arm; `course` and `gap` say in words how it went and what it knows by heart."""

    name: str
    accuracy: float | None
    interval: tuple[float, float] | None
    n: int
    groups: int
    chosen: bool
    train_accuracy: float | None = None
    note: str = ""
    course: str = ""
    gap: str = ""

    @staticmethod
    def of(arm: Arm) -> Way:
        """What the report tells of it."""
        from headstart.training import words

        course = words.course(arm.name, arm.course) if arm.course else ""
        return Way(
            name=arm.name,
            accuracy=arm.accuracy,
            interval=arm.interval,
            n=arm.n,
            groups=arm.groups,
            chosen=arm.chosen,
            train_accuracy=arm.train_accuracy,
            note=arm.note,
            course=course,
            gap=words.gap(arm),
        )


@dataclass(frozen=True)
class Contents:
    """What was done to one data set, and what came of it.

    title         the run's name; created: when, as an ISO 8601 text
    backbone      the network; plan: what was to be done with it; evidence: why, or None where it was not measured
    kept          what the model is, after any fall-back; None where that is the plan
    story         what was planned, tried and kept, and why, in words; "" where it is not told
    evaluations   the report split first, then any others
    baselines     what the first evaluation has to be held against
    arms          every way that was tried; hindsight: each on the report pictures, looked at after the choice
    history       epochs in order; one that does not rise, or a new phase, begins another curve
    mistakes      worst first; hits: surest of what was named rightly, of as many classes as there are
    examples      of the cells of the confusion matrix, see examples()
    bundle        where the model lies, or ""
    promise       what more pictures would bring, in a sentence; "" where that is not known
    class_counts  class name → training pictures
    quarantine    files that were left out; notes: sentences that the reader should know
    command       the command line that made the run, or ""
    lacking       what a page that was made again from an older run's folder cannot tell, in words

    The fields below the line are parts, each with a module and a template of its own name; None where it was not made:
    suspects      labels that may be wrong; explained: where the model looks; certainty: how sure it is
    embedding     pictures on a plane, those together that the model finds alike
    points        operating points of two classes; levels: accuracy at each level of a taxonomy
    """

    title: str
    created: str
    backbone: Backbone
    plan: Plan
    evidence: Evidence | None = None
    evaluations: tuple[Scored, ...] = ()
    baselines: Sequence[Baseline] = ()
    arms: Sequence[Way] = ()
    kept: Plan | None = None
    story: str = ""
    hindsight: Mapping[str, Hindsight] = field(default_factory=dict)
    history: Sequence[Epoch] = ()
    mistakes: tuple[Judged, ...] = ()
    hits: tuple[Judged, ...] = ()
    examples: tuple[Judged, ...] = ()
    class_counts: Mapping[str, int] = field(default_factory=dict)
    quarantine: tuple[BadPicture, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""
    bundle: str = ""
    promise: str = ""
    lacking: tuple[str, ...] = ()
    # ---
    suspects: Told | None = None
    explained: Told | None = None
    embedding: Embedding | None = None
    certainty: Told | None = None
    points: Told | None = None
    levels: Told | None = None


def surest(answers: Iterable[Judged]) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """(the wrong answers, the right one of each class): of both the surest, and these first."""
    judged = sorted(answers, key=lambda one: -one.confidence)
    wrong = [one for one in judged if one.label != one.prediction]
    right: dict[str, Judged] = {}
    for one in judged:
        if one.label == one.prediction:
            right.setdefault(one.label, one)
    return tuple(wrong[:_MOST_MISTAKES]), tuple(right.values())[:_MOST_HITS]


def examples(answers: Iterable[Judged]) -> tuple[Judged, ...]:
    """For each cell of the confusion matrix a few pictures, the surest first: of the fullest cells, mistakes first."""
    cells: dict[tuple[str, str], list[Judged]] = {}
    for one in sorted(answers, key=lambda one: -one.confidence):
        cells.setdefault((one.label, one.prediction), []).append(one)
    order = sorted(cells, key=lambda cell: (cell[0] == cell[1], -len(cells[cell]), cell))
    return tuple(one for cell in order for one in cells[cell][:_MOST_OF_CELL])[:_MOST_EXAMPLES]
