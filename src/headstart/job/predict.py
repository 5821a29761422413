"""predict(): names for pictures, those that cannot be used set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.errors import OptionError
from headstart.job.usable import Part, usable

if TYPE_CHECKING:
    import numpy as np

    from headstart.data import BadPicture
    from headstart.model import Answers, Model
    from headstart.runtime import Execution

_BATCH = 256


@dataclass(frozen=True, repr=False)
class Predicted:
    """paths: N usable pictures; probabilities float32 [C] of each; classes: C names; left_out: pictures that cannot be
    used; truncated: those of the usable whose end is missing; decided: what each is called by the bundle's decision, ()
    without one; certain: N answers as fine as it is sure enough of, () where none is wanted.

    similarity: how like the training pictures each is, −1 to 1, () where the model does not know; a picture below
    `least_similarity` is none of the classes. sets: bool [C] of each picture, the classes among which the right one
    is; () where no coverage was asked for."""

    paths: tuple[str, ...]
    probabilities: tuple[np.ndarray, ...]
    classes: tuple[str, ...]
    left_out: tuple[BadPicture, ...]
    truncated: tuple[str, ...]
    decided: tuple[str, ...] = ()
    certain: tuple[Answer, ...] = ()
    similarity: tuple[float, ...] = ()
    least_similarity: float | None = None
    sets: tuple[np.ndarray, ...] = ()

    @staticmethod
    def of(
        model: Model,
        parts: Sequence[Part[Answers]],
        *,
        sure: float | None = None,
        coverage: float | None = None,
    ) -> Predicted:
        """From a model's answers to pictures; sure and coverage as in predict(). Raises what check_asked() does."""
        check_asked(model, sure, coverage)
        answers = [part.found for part in parts if part.found is not None]
        found = Predicted(
            tuple(path for part in parts for path in part.paths),
            tuple(row for one in answers for row in one.probabilities),
            model.classes,
            tuple(one for part in parts for one in part.left_out),
            tuple(path for part in parts for path in part.short),
        )
        return _with_doubts(_answered(model, found, sure), model, answers, coverage)

    def __repr__(self) -> str:
        return f"Predicted({len(self.paths):,} pictures, {len(self.left_out):,} left out)"

    def ranked(self, most: int) -> list[Ranked]:
        """Every picture with its `most` likeliest classes, the likeliest first."""
        return [self._ranked(place, most) for place in range(len(self.paths))]

    def _ranked(self, place: int, most: int) -> Ranked:
        row = self.probabilities[place]
        order = (-row).argsort(kind="stable")
        return Ranked(
            self.paths[place],
            tuple(Answer(self.classes[i], round(float(row[i]), 6)) for i in order[:most]),
            self.decided[place] if self.decided and not self.out_of_place[place] else None,
            self.certain[place] if self.certain and not self.out_of_place[place] else None,
            round(self.similarity[place], 4) if self.similarity else None,
            self.out_of_place[place],
            tuple(self.classes[i] for i in order if self.sets[place][i]) if self.sets else None,
        )

    @cached_property
    def out_of_place(self) -> tuple[bool | None, ...]:
        """Of each picture, whether it is none of the classes; None where the model cannot tell."""
        if self.least_similarity is None or not self.similarity:
            return (None,) * len(self.paths)
        return tuple(found < self.least_similarity for found in self.similarity)


@dataclass(frozen=True)
class Answer:
    """A class and the probability that it is this one, in [0, 1]."""

    label: str
    confidence: float


@dataclass(frozen=True)
class Ranked:
    """A picture and its likeliest classes, the likeliest first.

    decided, certain, similarity, out_of_place  as in Predicted, of this picture, or None; what is out of place is
           called nothing
    among  the classes of its set, where one was asked for
    """

    path: str
    top: tuple[Answer, ...]
    decided: str | None = None
    certain: Answer | None = None
    similarity: float | None = None
    out_of_place: bool | None = None
    among: tuple[str, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        among = None if self.among is None else list(self.among)
        more = {"decided": self.decided, "certain": self.certain and vars(self.certain), "set": among}
        return {
            "path": self.path,
            **vars(self.top[0]),
            "top": [vars(answer) for answer in self.top],
            "out_of_place": self.out_of_place,
            "similarity": self.similarity,
            **{name: value for name, value in more.items() if value is not None},
        }


def predict(
    model: Model,
    paths: Sequence[str],
    *,
    execution: Execution | None = None,
    truncated: str = "refuse",
    sure: float | None = None,
    coverage: float | None = None,
) -> Predicted:
    """Names every picture that can be used. Good batches are decoded only once.

    truncated: "keep" takes JPEGs whose end is missing. sure: `certain` is then the finest name of the bundle's taxonomy
    that is as probable, above 0 and below 1. coverage: how often the right class is to be among those of a picture's
    set, 0 to 1. Raises BackboneError, BundleError; OptionError for `sure` without a taxonomy, and for a coverage where
    the model cannot tell sets.
    """
    check_asked(model, sure, coverage)
    from headstart.data.decode import check_truncated

    check_truncated(truncated)
    workers = execution.workers if execution else 0

    def ask(batch: list[str], truncated: str) -> Answers:
        return model.answers(batch, execution=execution, truncated=truncated)

    parts = list[Part["Answers"]]()
    with progress.bar("pictures", len(paths)) as bar:
        for part in usable(paths, ask, size=_BATCH, workers=workers, truncated=truncated):
            parts.append(part)
            bar.advance(len(part.paths) + len(part.left_out))
    return Predicted.of(model, parts, sure=sure, coverage=coverage)


def check_asked(model: Model, sure: float | None, coverage: float | None) -> None:
    """Raises OptionError where the model cannot be asked so."""
    if sure is not None:
        check_sure(model, sure)
    _check_coverage(model, coverage)


def check_sure(model: Model, sure: float) -> None:
    """Raises OptionError."""
    if model.taxonomy is None:
        raise OptionError("sure: the bundle has no taxonomy; make one with `headstart train --taxonomy`")
    if not 0 < sure < 1:
        raise OptionError(f"sure {sure!r}: expected a share between 0 and 1")


def _answered(model: Model, found: Predicted, sure: float | None) -> Predicted:
    """With what each picture is called beside its likeliest class."""
    import numpy as np

    if not found.paths:
        return found
    probabilities = np.stack(found.probabilities)
    if model.decision:
        named = tuple(model.classes[place] for place in model.decision.decide(probabilities))
        found = replace(found, decided=named)
    if sure is not None and model.taxonomy:
        nodes, sums = model.taxonomy.certain(probabilities, sure)
        names = model.taxonomy.names
        certain = tuple(Answer(names[i], round(float(p), 6)) for i, p in zip(nodes, sums, strict=True))
        found = replace(found, certain=certain)
    return found


def _with_doubts(
    found: Predicted, model: Model, answers: Sequence[Answers], coverage: float | None
) -> Predicted:
    """With what the model says of how sure it is."""
    familiar, sets = model.certainty.familiar, model.certainty.sets
    near = tuple(float(v) for one in answers if one.similarity is not None for v in one.similarity)
    named = (
        () if coverage is None or sets is None else (sets.classes(a.probabilities, coverage) for a in answers)
    )
    return replace(
        found,
        similarity=near,
        least_similarity=familiar and familiar.line,
        sets=tuple(row for batch in named for row in batch),
    )


def _check_coverage(model: Model, coverage: float | None) -> None:
    """Raises OptionError."""
    if coverage is None:
        return
    if not 0 < coverage < 1:
        raise OptionError(f"coverage {coverage}: expected a share between 0 and 1, such as 0.9")
    if model.certainty.sets is None:
        raise OptionError(
            f"coverage {coverage}: this bundle cannot tell sets, since it is of an older version or too few of its "
            "training pictures could be held out; expected 30 or more; train anew, or leave coverage out"
        )
