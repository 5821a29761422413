"""predict(): names for pictures, those that cannot be used set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.errors import PictureError

if TYPE_CHECKING:
    import numpy as np

    from headstart.data import BadPicture
    from headstart.model import Model
    from headstart.runtime import Execution

_BATCH = 256


@dataclass(frozen=True, repr=False)
class Predicted:
    """paths: N usable pictures; probabilities float32 [C] of each; classes: C names; left_out: pictures that cannot be
    used; truncated: those of the usable whose end is missing."""

    paths: tuple[str, ...]
    probabilities: tuple[np.ndarray, ...]
    classes: tuple[str, ...]
    left_out: tuple[BadPicture, ...]
    truncated: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Predicted({len(self.paths):,} pictures, {len(self.left_out):,} left out)"

    def ranked(self, most: int) -> list[Ranked]:
        """Every picture with its `most` likeliest classes, the likeliest first."""
        found = []
        for path, row in zip(self.paths, self.probabilities, strict=True):
            order = (-row).argsort(kind="stable")[:most]
            top = tuple(Answer(self.classes[i], round(float(row[i]), 6)) for i in order)
            found.append(Ranked(path, top))
        return found


@dataclass(frozen=True)
class Answer:
    """A class and the probability that it is this one, in [0, 1]."""

    label: str
    confidence: float


@dataclass(frozen=True)
class Ranked:
    """A picture and its likeliest classes, the likeliest first."""

    path: str
    top: tuple[Answer, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"path": self.path, **vars(self.top[0]), "top": [vars(answer) for answer in self.top]}


def predict(
    model: Model, paths: Sequence[str], *, execution: Execution | None = None, truncated: str = "refuse"
) -> Predicted:
    """Names every picture that can be used. Good batches are decoded only once.

    truncated: "keep" takes JPEGs whose end is missing. Raises BackboneError, BundleError.
    """
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
    return Predicted(tuple(good), tuple(rows), model.classes, tuple(bad), tuple(short))
