"""measure(): the features of a sample, those of random controls, and the verdict on both."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from headstart.backbone import Backbone
from headstart.data.dataset import Dataset, Partition
from headstart.evidence.conclude import conclude
from headstart.evidence.control import ahead, part_of, plain, sampled
from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import Facts
from headstart.evidence.gather import gather
from headstart.evidence.known import Question, weigh_once
from headstart.evidence.likeness import CONTROL, HALF, similarity_of
from headstart.evidence.precision import settle
from headstart.evidence.totals import Totals
from headstart.extraction import extract, extract_beside
from headstart.runtime import Execution, Resolved, Trunk, is_converted, start

DRAWS = 2
# Another copy is asked where the lead over the first lies so many standard errors below what is asked of it, or above.
DOUBT, CLEAR = 1.0, 3.0


def measure(
    dataset: Dataset,
    partition: Partition,
    backbone: Backbone,
    *,
    seed: int = 0,
    size: str | None = None,
    similarity: str | None = None,
    execution: Execution | Resolved = Execution(),  # noqa: B008 - frozen
    draws: int = DRAWS,
) -> Evidence:
    """Evidence from the training pictures alone: a stratified sample of max(2,000, 20 a class), or all.

    Random weights are asked of a part of these (`headstart.evidence.control`), and of all where that is not enough.
    `size` and `similarity` overrule what is measured. draws: random copies at most; the second and later ones are asked
    only where those before leave the verdict open. Raises DataError, BackboneError, PictureError.
    """
    train = partition.train
    backbone = backbone.with_levels_of(dataset, train)
    index = sampled(dataset, train, seed)
    how, why = settle(dataset, train, backbone, execution)
    question = Question(seed, size, similarity, draws)
    weigh = partial(_weigh, dataset, train, index, backbone, how, question)
    evidence = weigh_once(dataset, partition, index, backbone, how, question, weigh)
    return replace(
        evidence,
        precision=how.precision,
        precision_how=why,
        pictures=partition.pictures_of(dataset),
    )


def _weigh(
    dataset: Dataset,
    train: np.ndarray,
    index: np.ndarray,
    backbone: Backbone,
    how: Resolved,
    question: Question,
) -> Evidence:
    trunk = Trunk(backbone, backbone.stages)
    before = is_converted(trunk, how)
    labels, groups = dataset.labels[index], dataset.groups[index]
    part = part_of(labels, groups, backbone.preprocess.size, question.seed)
    features, control = extract_beside(dataset, index, backbone, (None, 0), part=part, execution=how)
    if not before and is_converted(trunk, how):
        # Torch is there now: what another data set may ask is converted too, and no later run imports torch for it.
        for draw in range(1, question.draws):
            start(replace(trunk, draw=draw), how.of_copies)
    asked = {"labels": labels, "groups": groups, "classes": dataset.classes, "stages": backbone.stages}
    asked["seed"] = question.seed
    totals = Totals.count(dataset.labels[train], dataset.groups[train], dataset.classes)
    facts_from = partial(gather, features, **asked, totals=totals, source=backbone.source)
    verdict = partial(conclude, size=question.size, similarity=question.similarity)
    if len(part) < len(index):
        lead = ahead(features, control, part, **asked)
        if lead is not None and plain(lead.lead, lead.error, CONTROL * (1 - lead.accuracy)):
            facts = facts_from(lead)
            return Evidence(facts, verdict(facts))
        control = extract(dataset, index, backbone, execution=how, draw=0)
    controls = [control]
    facts = facts_from(controls)
    while len(controls) < question.draws and _open(facts):
        controls.append(extract(dataset, index, backbone, execution=how, draw=len(controls)))
        facts = facts_from(controls)
    return Evidence(facts, verdict(facts))


def _open(facts: Facts) -> bool:
    """Whether another random copy may change what the lead over the best so far says of similarity."""
    found = similarity_of(facts)
    others = (sign for sign in found.signs if sign is not found.control)
    if any(sign.score(sign.value) < HALF for sign in others):
        return False
    lead, error = found.control.value, found.control.error
    return lead - CLEAR * error < CONTROL <= lead + DOUBT * error
