"""Which labels are wrong, by what heads say of pictures that they have not learnt from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from headstart.counts import percent, plural
from headstart.data.dataset import Dataset
from headstart.data.listing import some
from headstart.heads.held_out import HeldOut
from headstart.screening import confident
from headstart.screening.finding import WRONG, Finding
from headstart.screening.noise import Noise
from headstart.screening.siblings import Siblings

LIKELIER = 0.5  # that a label is wrong than that it is right


@dataclass(frozen=True)
class Judgement:
    """What is thought of the labels of M pictures.

    places  int64 [M], in the data set
    p       float64 [M, C]: the probability of each class, without the picture's own label
    wrong   float64 [M]: how likely the label is wrong; noise: how many are, of all, None where M is 0
    right   bool [M]: whether heads alone name the picture as it is labelled
    siblings  what the pictures of a group say of each other
    unjudged  pictures that could not be judged, by class
    """

    places: np.ndarray
    p: np.ndarray
    wrong: np.ndarray
    noise: Noise | None
    right: np.ndarray
    siblings: Siblings
    unjudged: dict[str, int]


def judge(dataset: Dataset, held: HeldOut, learnt: np.ndarray) -> Judgement:
    """Of the pictures held out; learnt int64 [L]: what heads learnt from, those that were held out among them.

    A class whose pictures are all of one group is never learnt where they are held out: it cannot be judged.
    """
    labels, groups = dataset.labels[learnt], dataset.groups[learnt]
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    several = np.bincount(pairs[0], minlength=len(dataset.classes)) > 1
    judged = several[dataset.labels[held.places]]
    places, log_p = held.places[judged], held.log_p[judged]
    siblings = Siblings.of(labels, groups, len(dataset.classes))
    own, theirs = dataset.labels[places], dataset.groups[places]
    noise = Noise.of(own, log_p) if len(places) else None
    p = siblings.beliefs(log_p / (noise.temperature if noise else 1), own, theirs)
    lost = np.bincount(dataset.labels[held.places[~judged]], minlength=len(dataset.classes)).tolist()
    return Judgement(
        places,
        p,
        noise.wrong(own, p) if noise else np.zeros(0),
        noise,
        log_p.argmax(axis=1) == own,
        siblings,
        {name: count for name, count in zip(dataset.classes, lost, strict=True) if count},
    )


def suspects(dataset: Dataset, judged: Judgement) -> list[Finding]:
    """The pictures whose label is taken for wrong, the least probable first.

    Confident learning takes it so, and it is the likelier of the two: without wrong labels none is left, be the heads
    as poor as they may.
    """
    labels, p = dataset.labels[judged.places], judged.p
    if not len(labels):
        return []
    found = np.flatnonzero(confident.issues(labels, p) & (judged.wrong >= LIKELIER))
    own, other = confident.self_confidence(labels, p), confident.likeliest_other(labels, p)
    order = found[np.argsort(own[found], kind="stable")]
    return [_suspect(dataset, judged, at, int(other[at])) for at in order.tolist()]


def _suspect(dataset: Dataset, judged: Judgement, at: int, other: int) -> Finding:
    place, p = int(judged.places[at]), judged.p[at]
    own = int(dataset.labels[place])
    label, suggested = dataset.classes[own], dataset.classes[other]
    reason = f"looks like {suggested!r} ({percent(p[other])}), hardly like {label!r} ({percent(p[own])})"
    siblings = judged.siblings.others(own, int(dataset.groups[place]))
    if siblings[other] > siblings[own]:
        reason += f"; {siblings[other]:,} of the other {int(siblings.sum()):,} pictures of its group are {suggested!r}"
    return Finding(
        WRONG,
        dataset.paths[place],
        dataset.digests[place],
        label,
        round(float(judged.wrong[at]), 6),
        suggested,
        reason=reason,
    )


def unjudged(judged: Judgement) -> Iterator[str]:
    """What could not be judged, in a sentence."""
    if judged.unjudged:
        yield (
            f"{plural(sum(judged.unjudged.values()), 'label')} could not be judged: the pictures of "
            f"{some(judged.unjudged)} are all of one group, so that no classifier can learn the class without them"
        )
