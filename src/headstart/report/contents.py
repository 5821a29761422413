"""Contents: everything that a report tells of, as plain data; Judged: one picture and what it was called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from headstart.data.given import Given, name_of

if TYPE_CHECKING:
    from headstart.assess.baseline import Baseline
    from headstart.assess.evaluation import Evaluation
    from headstart.assess.hindsight import Hindsight
    from headstart.backbone.backbone import Backbone
    from headstart.data.dataset import BadPicture
    from headstart.evidence.evidence import Evidence
    from headstart.planning.plan import Plan
    from headstart.training.arms import Arm
    from headstart.training.choice import Choice
    from headstart.training.epoch import Epoch


class Told(Protocol):
    """What a part of the report tells of. `from_dict` of the same type makes it again from what `to_dict` gives."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        ...


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
class Contents:
    """What was done to one data set, and what came of it.

    title         the run's name; created: when, as an ISO 8601 text
    backbone      the network; plan: what was to be done with it; evidence: why, or None where it was not measured
    kept          what the model is, after any fall-back; None where that is the plan
    choice        what was planned, tried and kept, and why; None where it is not told
    evaluations   the report split first, then any others
    baselines     what the first evaluation has to be held against
    arms          every way that was tried; hindsight: each on the report pictures, looked at after the choice
    history       epochs in order; one that does not rise, or a new phase, begins another curve
    mistakes      worst first; hits: surest of what was named rightly, of as many classes as there are
    bundle        where the model lies, or ""
    promise       what more pictures would bring, in a sentence; "" where that is not known
    class_counts  class name → training pictures
    quarantine    files that were left out; notes: sentences that the reader should know
    command       the command line that made the run, or ""

    The fields below the line are parts, each with a module and a template of its own name; None where it was not made:
    suspects      labels that may be wrong; explained: where the model looks; certainty: how sure it is
    points        operating points of two classes; levels: accuracy at each level of a taxonomy
    """

    title: str
    created: str
    backbone: Backbone
    plan: Plan
    evidence: Evidence | None = None
    evaluations: tuple[Evaluation, ...] = ()
    baselines: Sequence[Baseline] = ()
    arms: Sequence[Arm] = ()
    kept: Plan | None = None
    choice: Choice | None = None
    hindsight: Mapping[str, Hindsight] = field(default_factory=dict)
    history: Sequence[Epoch] = ()
    mistakes: tuple[Judged, ...] = ()
    hits: tuple[Judged, ...] = ()
    class_counts: Mapping[str, int] = field(default_factory=dict)
    quarantine: tuple[BadPicture, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""
    bundle: str = ""
    promise: str = ""
    # ---
    suspects: Told | None = None
    explained: Told | None = None
    certainty: Told | None = None
    points: Told | None = None
    levels: Told | None = None
