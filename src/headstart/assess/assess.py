"""Judging a model on labelled pictures, and the bars that it has to be held against."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headstart.assess.evaluation import Evaluation
from headstart.data.dataset import Dataset, Partition
from headstart.data.listing import one_spelling
from headstart.errors import DataError
from headstart.features import Features, extract, extract_beside
from headstart.intervals import paired, score
from headstart.model import Model
from headstart.plan.inputs import execution_of, joined, widths
from headstart.runtime import Execution, Resolved


def prove(
    model: Model, dataset: Dataset, partition: Partition, *, execution: Execution | Resolved | None = None
) -> tuple[Evaluation, dict[str, dict[str, Any]]]:
    """evaluate() and baselines() on the report pictures, in one pass where the pre-trained trunk serves as it is.

    Such features are kept, so that the same pictures are not asked again.
    """
    index, execution = partition.report, execution_of(model.plan, execution)
    if model.module is not None:
        evaluation = evaluate(model, dataset, index, partition.report_name, execution=execution)
        return evaluation, baselines(evaluation, model, dataset, partition, execution=execution)
    labels = _labels(model, dataset, index, partition.report_name)
    features, control = extract_beside(dataset, index, model.backbone, (None, 0), execution=execution)
    probabilities, groups = model.probabilities_at(features), dataset.groups[index]
    evaluation = Evaluation(partition.report_name, model.classes, labels, probabilities, groups)
    return evaluation, baselines(evaluation, model, dataset, partition, execution=execution, control=control)


def evaluate(
    model: Model,
    dataset: Dataset,
    index: np.ndarray,
    split: str,
    *,
    execution: Execution | Resolved | None = None,
) -> Evaluation:
    """The model's probabilities on the pictures at `index`, held against their labels.

    The data set may lack classes that the model knows. Raises DataError where it has others.
    """
    labels = _labels(model, dataset, index, split)
    paths = [dataset.paths[i] for i in index]
    probabilities = model.probabilities(paths, execution=execution, truncated=dataset.truncated)
    return Evaluation(split, model.classes, labels, probabilities, dataset.groups[index])


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
) -> dict[str, dict[str, Any]]:
    """What the report split must be held against: name → {"accuracy", "n", "groups", "interval",
    "lead", "lead_error"}.

    lead: how far `evaluation`, the model's on these pictures, is ahead; its standard error is paired, None where all
    pictures are one group. "majority class": always naming the class that is most frequent in training. "random
    weights": the same network, cut and head over random frozen weights, its head fitted to the same training pictures;
    `control`: what those weights say of the report pictures, where it is known.
    """
    report, train = partition.report, partition.train
    labels = dataset.labels[report]
    majority = np.bincount(dataset.labels[train]).argmax()
    random = random_predictions(model, dataset, partition, execution=execution, control=control)
    bars = {"majority class": labels == majority, "random weights": random == labels}
    return {name: _score(bar, evaluation.correct, dataset.groups[report]) for name, bar in bars.items()}


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
    """
    from headstart.data.split import sample
    from headstart.evidence.measure import SAMPLE
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


def _score(bar: np.ndarray, model: np.ndarray, groups: np.ndarray) -> dict[str, Any]:
    """bar, model: bool [R], right or wrong picture by picture."""
    lead, error = paired(model, bar, groups)
    return {**score(bar, groups), "lead": lead, "lead_error": None if math.isinf(error) else error}
