"""predict(): names for pictures, those that cannot be used set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.errors import OptionError, PictureError

if TYPE_CHECKING:
    import numpy as np

    from headstart.data import BadPicture
    from headstart.model import Model
    from headstart.runtime import Execution

_BATCH = 256


@dataclass(frozen=True, repr=False)
class Predicted:
    """paths: N usable pictures; probabilities float32 [C] of each; classes: C names; left_out: pictures that cannot be
    used; truncated: those of the usable whose end is missing; decided: what each is called by the bundle's decision, ()
    without one; certain: N answers as fine as the wanted certainty allows, () where none is wanted."""

    paths: tuple[str, ...]
    probabilities: tuple[np.ndarray, ...]
    classes: tuple[str, ...]
    left_out: tuple[BadPicture, ...]
    truncated: tuple[str, ...]
    decided: tuple[str, ...] = ()
    certain: tuple[Answer, ...] = ()

    def __repr__(self) -> str:
        return f"Predicted({len(self.paths):,} pictures, {len(self.left_out):,} left out)"

    def ranked(self, most: int) -> list[Ranked]:
        """Every picture with its `most` likeliest classes, the likeliest first."""
        found = []
        for place, (path, row) in enumerate(zip(self.paths, self.probabilities, strict=True)):
            order = (-row).argsort(kind="stable")[:most]
            top = tuple(Answer(self.classes[i], round(float(row[i]), 6)) for i in order)
            decided = self.decided[place] if self.decided else None
            found.append(Ranked(path, top, decided, self.certain[place] if self.certain else None))
        return found


@dataclass(frozen=True)
class Answer:
    """A class and the probability that it is this one, in [0, 1]."""

    label: str
    confidence: float


@dataclass(frozen=True)
class Ranked:
    """A picture and its likeliest classes, the likeliest first; decided, certain: as in Predicted, or None."""

    path: str
    top: tuple[Answer, ...]
    decided: str | None = None
    certain: Answer | None = None

    def to_dict(self) -> dict[str, Any]:
        more = {"decided": self.decided, "certain": self.certain and vars(self.certain)}
        return {
            "path": self.path,
            **vars(self.top[0]),
            "top": [vars(answer) for answer in self.top],
            **{name: value for name, value in more.items() if value is not None},
        }


def predict(
    model: Model,
    paths: Sequence[str],
    *,
    execution: Execution | None = None,
    truncated: str = "refuse",
    certainty: float | None = None,
) -> Predicted:
    """Names every picture that can be used. Good batches are decoded only once.

    truncated: "keep" takes JPEGs whose end is missing. certainty: of an answer by the bundle's taxonomy, from 0 to 1.
    Raises BackboneError, BundleError; OptionError for a certainty without a taxonomy.
    """
    if certainty is not None:
        check_certainty(model, certainty)
    from headstart.data import BadPicture
    from headstart.data.decode import check_truncated
    from headstart.data.quality import examine_all

    check_truncated(truncated)
    good, bad, short = list[str](), list["BadPicture"](), list[str]()
    rows: list[np.ndarray] = []
    workers = execution.workers if execution else 0
    with progress.bar("pictures", len(paths)) as bar:
        for start in range(0, len(paths), _BATCH):
            batch = list(paths[start : start + _BATCH])
            try:
                found = model.probabilities(batch, execution=execution)
            except PictureError:
                seen = examine_all(batch, workers=workers, truncated=truncated)
                bad += [one for one in seen if isinstance(one, BadPicture)]
                usable = [
                    (path, one)
                    for path, one in zip(batch, seen, strict=True)
                    if not isinstance(one, BadPicture)
                ]
                short += [path for path, one in usable if not one.whole]
                batch = [path for path, _ in usable]
                found = model.probabilities(batch, execution=execution, truncated=truncated) if batch else ()
            good += batch
            rows += list(found)
            bar.advance(min(_BATCH, len(paths) - start))
    predicted = Predicted(tuple(good), tuple(rows), model.classes, tuple(bad), tuple(short))
    return _answered(model, predicted, certainty)


def check_certainty(model: Model, certainty: float) -> None:
    """Raises OptionError."""
    if model.taxonomy is None:
        raise OptionError("certainty: the bundle has no taxonomy; make one with `headstart train --taxonomy`")
    if not 0 < certainty < 1:
        raise OptionError(f"certainty {certainty!r}: expected a share between 0 and 1")


def _answered(model: Model, found: Predicted, certainty: float | None) -> Predicted:
    """With what each picture is called beside its likeliest class."""
    import numpy as np

    if not found.paths:
        return found
    probabilities = np.stack(found.probabilities)
    if model.decision:
        named = tuple(model.classes[place] for place in model.decision.decide(probabilities))
        found = replace(found, decided=named)
    if certainty is not None and model.taxonomy:
        nodes, sums = model.taxonomy.certain(probabilities, certainty)
        names = model.taxonomy.names
        certain = tuple(Answer(names[i], round(float(p), 6)) for i, p in zip(nodes, sums, strict=True))
        found = replace(found, certain=certain)
    return found
