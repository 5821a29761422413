"""Which labels are wrong, by what heads say of pictures that they have not learnt from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from headstart.counts import plural
from headstart.data.dataset import Dataset
from headstart.data.listing import some
from headstart.heads.held_out import HeldOut
from headstart.screening import confident
from headstart.screening.finding import WRONG, Finding


def judgeable(dataset: Dataset, learnt: np.ndarray, held: HeldOut) -> np.ndarray:
    """bool [M], of the held-out pictures: whether the heads that judged them can have learnt their class.

    learnt int64 [L]: the pictures that heads learnt from, those that were held out among them. A class whose pictures
    are all of one group is never learnt where they are held out.
    """
    labels, groups = dataset.labels[learnt], dataset.groups[learnt]
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    several = np.bincount(pairs[0], minlength=len(dataset.classes)) > 1
    return several[dataset.labels[held.places]]


def suspects(dataset: Dataset, held: HeldOut, judged: np.ndarray) -> list[Finding]:
    """The pictures whose label is taken for wrong, the least probable first; judged: bool [M], of those held out."""
    places = held.places[judged]
    if not len(places):
        return []
    p = np.exp(held.log_p[judged].astype(np.float64))
    p /= p.sum(axis=1, keepdims=True)
    labels = dataset.labels[places]
    found = np.flatnonzero(confident.issues(labels, p))
    own, others = confident.self_confidence(labels, p), confident.likeliest_other(labels, p)
    order = found[np.argsort(own[found], kind="stable")]
    return [_suspect(dataset, int(places[at]), int(others[at]), p[at]) for at in order.tolist()]


def _suspect(dataset: Dataset, place: int, other: int, p: np.ndarray) -> Finding:
    label, suggested = dataset.classes[dataset.labels[place]], dataset.classes[other]
    own = float(p[dataset.labels[place]])
    return Finding(
        WRONG,
        dataset.paths[place],
        dataset.digests[place],
        label,
        round(1 - own, 6),
        suggested,
        reason=f"looks like {suggested!r} ({_percent(float(p[other]))}), hardly like {label!r} ({_percent(own)}), "
        "to a classifier that has not learnt from it",
    )


def _percent(share: float) -> str:
    return "under 0.1 %" if share < 0.001 else f"{100 * share:.3g} %"


def unjudged(dataset: Dataset, held: HeldOut, judged: np.ndarray) -> Iterator[str]:
    """What the heads could not judge, in a sentence."""
    if not judged.all():
        names = {dataset.classes[label] for label in dataset.labels[held.places[~judged]].tolist()}
        yield (
            f"{plural(int((~judged).sum()), 'label')} could not be judged: the pictures of {some(names)} are all of "
            "one group, so that no classifier can learn the class without them"
        )
