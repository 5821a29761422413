"""Judging a model on labelled pictures, and the baselines that it has to be held against."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from headstart.assess.baseline import Baseline
from headstart.assess.doubts import Doubts
from headstart.assess.evaluation import Evaluation
from headstart.assess.part import random_weights, tried
from headstart.data.dataset import Dataset, Partition
from headstart.data.listing import one_spelling
from headstart.errors import DataError
from headstart.extraction import Features, extract, extract_beside
from headstart.intervals import paired, score
from headstart.model import Answers, Model
from headstart.planning.inputs import execution_of, joined, widths
from headstart.runtime import Execution, Resolved


def prove(
    model: Model,
    dataset: Dataset,
    partition: Partition,
    *,
    execution: Execution | Resolved | None = None,
    whole: bool = False,
) -> tuple[Evaluation, tuple[Baseline, ...]]:
    """evaluate() and baselines() on the report pictures, in one pass where the pre-trained trunk serves as it is.

    Such features are kept, so that the same pictures are not asked again. Random weights are then asked of a part of
    the pictures, where that is enough (`headstart.assess.part`); whole: of all anyway. Raises what evaluate() does.
    """
    index, execution = partition.report, execution_of(model.plan, execution)
    if model.module is not None:
        evaluation = evaluate(model, dataset, index, partition.report_name, execution=execution)
        return evaluation, baselines(evaluation, model, dataset, partition, execution=execution)
    labels = _labels(model, dataset, index, partition.report_name)
    part = np.arange(len(index)) if whole else tried(model, dataset, partition)
    features, control = extract_beside(
        dataset, index, model.backbone, (None, 0), part=part, execution=execution
    )
    evaluation = _judged(
        model, model.answers_at(features), labels, partition.report_name, dataset.groups[index]
    )
    if len(part) < len(index):
        found = random_weights(model, dataset, partition, evaluation, features, control, part, execution)
        if found:
            return evaluation, (_majority(evaluation, dataset, partition), found)
        control = None
    return evaluation, baselines(evaluation, model, dataset, partition, execution=execution, control=control)


def on_report(
    model: Model, dataset: Dataset, partition: Partition, *, execution: Execution | Resolved | None = None
) -> Evaluation:
    """evaluate() on the report pictures; features of the pre-trained trunk are kept. Raises what evaluate() does."""
    index, execution = partition.report, execution_of(model.plan, execution)
    if model.module is not None:
        return evaluate(model, dataset, index, partition.report_name, execution=execution)
    labels = _labels(model, dataset, index, partition.report_name)
    found = model.answers_at(extract(dataset, index, model.backbone, execution=execution))
    return _judged(model, found, labels, partition.report_name, dataset.groups[index])


def evaluate(
    model: Model,
    dataset: Dataset,
    index: np.ndarray,
    split: str,
    *,
    execution: Execution | Resolved | None = None,
) -> Evaluation:
    """The model's probabilities on the pictures at `index`, int64 [N], held against their labels.

    split: what these pictures are called. The data set may lack classes that the model knows. Raises DataError where it
    has others, PictureError.
    """
    labels = _labels(model, dataset, index, split)
    pictures = [dataset.pictures[i] for i in index]
    found = model.answers(pictures, execution=execution, truncated=dataset.truncated)
    return _judged(model, found, labels, split, dataset.groups[index])


def _judged(model: Model, answers: Answers, labels: np.ndarray, split: str, groups: np.ndarray) -> Evaluation:
    doubts = Doubts.of(model.certainty, answers.probabilities, labels, answers.similarity)
    return Evaluation(split, model.classes, labels, answers.probabilities, groups, doubts)


def _labels(model: Model, dataset: Dataset, index: np.ndarray, split: str) -> np.ndarray:
    """int64 [N]: in the model's classes. Raises DataError."""
    places = {one_spelling(name): place for place, name in enumerate(model.classes)}
    names = [one_spelling(name) for name in dataset.classes]
    unknown = [name for name in names if name not in places]
    if unknown:
        raise DataError(
            f"{dataset.root}: classes the model does not know: {', '.join(unknown[:5])}; "
            f"it knows {', '.join(model.classes[:5])}{' …' if len(model.classes) > 5 else ''}; "
            "make the class names equal, or name pictures of its own classes"
        )
    if not len(index):
        raise DataError(f"{dataset.root}: no pictures in the {split} split; choose another with --split")
    return np.array([places[names[label]] for label in dataset.labels[index]], np.int64)


def baselines(
    evaluation: Evaluation,
    model: Model,
    dataset: Dataset,
    partition: Partition,
    *,
    execution: Execution | Resolved | None = None,
    control: Features | None = None,
) -> tuple[Baseline, ...]:
    """What `evaluation`, the model's on the report pictures, must be held against, on these same pictures.

    "majority class": always naming the class that is most frequent in training. "random
    weights": the same network, cut and head over random frozen weights, its head fitted to the same training pictures;
    `control`: what those weights say of the report pictures, where it is known. Raises PictureError, BackboneError.
    """
    report = partition.report
    random = random_predictions(model, dataset, partition, execution=execution, control=control)
    right, groups = evaluation.correct, dataset.groups[report]
    return (
        _majority(evaluation, dataset, partition),
        _baseline("random weights", random == dataset.labels[report], right, groups),
    )


def _majority(evaluation: Evaluation, dataset: Dataset, partition: Partition) -> Baseline:
    report, most = partition.report, np.bincount(dataset.labels[partition.train]).argmax()
    right = dataset.labels[report] == most
    return _baseline("majority class", right, evaluation.correct, dataset.groups[report])


def random_predictions(
    model: Model,
    dataset: Dataset,
    partition: Partition,
    *,
    execution: Execution | Resolved | None = None,
    control: Features | None = None,
) -> np.ndarray:
    """int64 [R]: what a head fitted to the features of a random copy of the network names the report pictures.

    The same architecture, cut, pooling and training pictures; the weights below the head are random and frozen.
    Raises PictureError, BackboneError.
    """
    from headstart.data.split import sample
    from headstart.evidence.control import SAMPLE
    from headstart.heads import head

    train, labels, seed = partition.train, dataset.labels, model.plan.seed
    fitted = train[sample(labels[train], max(5 * SAMPLE, 50 * len(dataset.classes)), seed)]

    execution = execution_of(model.plan, execution)

    def features(index: np.ndarray) -> Features:
        return extract(
            dataset, index, model.backbone, execution=execution, draw=0, label="features, random weights"
        )

    solved = head.solve(
        joined(features(fitted), model.backbone, model.plan),
        labels[fitted],
        len(dataset.classes),
        widths=widths(model.backbone, model.plan),
        layers=model.plan.head_layers,
        groups=dataset.groups[fitted],
        class_weight=model.plan.class_weight,
        seed=seed,
    )
    held = control or features(partition.report)
    return solved.head.logits(joined(held, model.backbone, model.plan)).argmax(1)


def _baseline(name: str, correct: np.ndarray, model: np.ndarray, groups: np.ndarray) -> Baseline:
    """correct, model: bool [R], the baseline and the model right or wrong picture by picture."""
    lead, error = paired(model, correct, groups)
    measured = vars(score(correct, groups))
    return Baseline(
        name, **measured, lead=lead, lead_error=None if math.isinf(error) else error, correct=correct
    )


def pool(
    split: str, folds: Sequence[tuple[Evaluation, Sequence[Baseline]]], order: np.ndarray
) -> tuple[Evaluation, tuple[Baseline, ...]]:
    """One evaluation of the pictures of all folds, each named by the model that did not learn from it.

    order int64 [N]: where each picture stands among those of the folds one after the other.
    """
    parts = [evaluation for evaluation, _ in folds]
    groups = np.concatenate([np.asarray(part.groups) for part in parts])[order]
    labels, probabilities = (
        np.concatenate([getattr(part, name) for part in parts])[order] for name in ("labels", "probabilities")
    )
    doubts = Doubts.pooled([part.doubts for part in parts], order)
    whole = Evaluation(split, parts[0].classes, labels, probabilities, groups, doubts)
    held = zip(*(own for _, own in folds), strict=True)  # the same baselines in every fold
    found = ((same[0].name, np.concatenate([one.correct for one in same])[order]) for same in held)
    return whole, tuple(_baseline(name, correct, whole.correct, groups) for name, correct in found)
