"""explained_pictures(): why a run's surest mistakes and right answers were given, for its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from headstart import progress
from headstart.errors import BackboneError, BundleError, MissingError, PictureError

if TYPE_CHECKING:
    from headstart.data import Dataset
    from headstart.data.given import Given
    from headstart.explaining.explained import Explained
    from headstart.job.run import Run
    from headstart.report import Judged
    from headstart.report.explained import ExplainedPictures

MISTAKES, HITS, NEAR = 6, 4, 3
SHARES = (0.1, 0.3)  # of the picture that are taken away, since each costs a pass of the network


def explained_pictures(
    run: Run, mistakes: Sequence[Judged], hits: Sequence[Judged]
) -> ExplainedPictures | None:
    """Of the first of both; None, which is said, where this install cannot tell."""
    from headstart.explaining.explained import explain
    from headstart.explaining.subject import Subject
    from headstart.model.model import DIGITS
    from headstart.report.explained import ExplainedPicture, ExplainedPictures

    judged = [*mistakes[:MISTAKES], *hits[:HITS]]
    if not judged:
        return None
    dataset, classes = run.prepared.dataset, run.model.classes
    subject = Subject(run.model, run.prepared.execution)
    try:
        frames = subject.frames([one.picture for one in judged], dataset.truncated)
        named = [classes.index(one.prediction) for one in judged]
        why = explain(subject, frames, [one.path for one in judged], classes=named, shares=SHARES, near=NEAR)
        windows = [_window(one.picture, run) for one in judged]
    except (BackboneError, BundleError, MissingError, PictureError) as error:
        progress.say(f"the report does not show what the model looks at: {error}")
        return None
    known = {digest[:DIGITS]: place for place, digest in enumerate(dataset.digests)}
    found = [
        ExplainedPicture(one.picture, one.label, told, window, _near(told, known, dataset))
        for one, told, window in zip(judged, why, windows, strict=True)
    ]
    cut = len(judged) - len(hits[:HITS])
    return ExplainedPictures(tuple(found[:cut]), tuple(found[cut:]))


def _near(why: Explained, known: Mapping[str, int], dataset: Dataset) -> tuple[str | Given, ...]:
    """Each of the nearest training pictures as the data set has it, "" where it does not."""
    places = [known.get(each.digest) for each in why.nearest]
    return tuple("" if place is None else dataset.pictures[place] for place in places)


def _window(picture: str | Given, run: Run) -> tuple[float, float, float, float]:
    """What the network sees of the picture, upright, as shares of it. Raises PictureError."""
    from headstart.data import decode
    from headstart.explaining.overlay import window

    with decode.content(picture) as held, decode.opened(held, least=1, truncated="keep") as found:
        width, height = found.size
    left, top, right, bottom = window((width, height), run.model.backbone.preprocess)
    return left / width, top / height, (right - left) / width, (bottom - top) / height
