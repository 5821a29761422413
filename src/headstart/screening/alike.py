"""Pictures that stand in two classes, or in two of the user's own splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from headstart.data.alike import COPY, TWIN
from headstart.data.dataset import Alike, Dataset
from headstart.heads.held_out import HeldOut
from headstart.screening.finding import STRADDLES, TORN, Finding

_RANK = {"train": 0, "val": 1, "test": 2}
_SCORES = {COPY: 1.0, TWIN: 0.9}  # the same pixels, or nearly
_SHOW = {COPY: "the same picture", TWIN: "nearly the same picture"}


def in_two(dataset: Dataset, alike: Sequence[Alike], held: HeldOut | None) -> list[Finding]:
    """Both kinds of findings, exact copies first. alike: pairs of the intake; held: says which class is right."""
    places: dict[tuple[str, str], list[int]] = {}
    for place, (path, label) in enumerate(zip(dataset.paths, dataset.labels.tolist(), strict=True)):
        places.setdefault((path, dataset.classes[label]), []).append(place)
    found: dict[tuple[str, int], Finding] = {}
    for pair in sorted((one for one in alike if one.kind in _SCORES), key=lambda one: -_SCORES[one.kind]):
        one, two = places.get((pair.path, pair.label)), places.get((pair.other, pair.other_label))
        if one and two:
            for kind, place, finding in _of_pair(dataset, pair.kind, one[0], two[0], held):
                found.setdefault((kind, place), finding)
    return sorted(found.values(), key=lambda one: (one.kind != TORN, -one.score))


def _of_pair(
    dataset: Dataset, kind: str, one: int, two: int, held: HeldOut | None
) -> Iterator[tuple[str, int, Finding]]:
    labels = dataset.labels
    if labels[one] != labels[two]:
        right = _likelier(dataset, one, two, held)
        for place, other in ((one, two), (two, one)):
            suggested = "" if right is None or right == labels[place] else dataset.classes[right]
            why = f"{_SHOW[kind]} stands in {dataset.classes[labels[other]]!r}"
            yield TORN, place, _finding(TORN, dataset, place, other, kind, why, suggested)
    ranks = [_RANK.get(dataset.splits[place], -1) for place in (one, two)]
    if min(ranks) >= 0 and ranks[0] != ranks[1]:
        early, late = (one, two) if ranks[0] < ranks[1] else (two, one)
        why = f"{_SHOW[kind]} stands in {dataset.splits[late]}; as long as both are there, training leaves this one out"
        yield STRADDLES, early, _finding(STRADDLES, dataset, early, late, kind, why, "")


def _likelier(dataset: Dataset, one: int, two: int, held: HeldOut | None) -> int | None:
    """Which of their classes is the likelier for both, by heads that learnt from neither; None where none knows."""
    if held is None:
        return None
    at = np.flatnonzero(np.isin(held.places, (one, two)))
    if not len(at):
        return None
    log_p, classes = held.log_p[at].mean(axis=0), dataset.labels[[one, two]]
    return int(classes[log_p[classes].argmax()])


def _finding(
    kind: str, dataset: Dataset, place: int, other: int, alike: str, why: str, suggested: str
) -> Finding:
    return Finding(
        kind,
        dataset.paths[place],
        dataset.digests[place],
        dataset.classes[dataset.labels[place]],
        _SCORES[alike],
        suggested,
        dataset.paths[other],
        dataset.classes[dataset.labels[other]],
        dataset.digests[other],
        why,
    )
