"""Judging a model on labelled pictures, and the bars that it has to be held against."""

from __future__ import annotations

from typing import Any

import numpy as np

from headstart.assess.evaluation import Evaluation
from headstart.data.dataset import Dataset, Partition
from headstart.errors import DataError
from headstart.features import How, extract_beside
from headstart.intervals import wilson
from headstart.model import Model


def prove(
    model: Model, dataset: Dataset, partition: Partition, *, how: How | None = None
) -> tuple[Evaluation, dict[str, dict[str, Any]]]:
    """evaluate() and baselines() on the report pictures; a picture is decoded once for both."""
    if model.module is None:
        extract_beside(dataset, partition.report, model.backbone, (None, 0), how=how or How())
    evaluation = evaluate(model, dataset, partition.report, partition.report_name, how=how)
    return evaluation, baselines(model, dataset, partition, how=how)


def evaluate(
    model: Model, dataset: Dataset, index: np.ndarray, split: str, *, how: How | None = None
) -> Evaluation:
    """The model's probabilities on the pictures at `index`, held against their labels.

    The data set may lack classes that the model knows. Raises DataError where it has others.
    """
    places = {name: place for place, name in enumerate(model.classes)}
    unknown = [name for name in dataset.classes if name not in places]
    if unknown:
        raise DataError(
            f"{dataset.root}: classes the model does not know: {', '.join(unknown[:5])}; "
            f"it knows {', '.join(model.classes[:5])}{' …' if len(model.classes) > 5 else ''}"
        )
    if not len(index):
        raise DataError(f"{dataset.root}: no pictures in the {split} split; choose another with --split")
    labels = np.array([places[dataset.classes[label]] for label in dataset.labels[index]], np.int64)
    probabilities = model.probabilities_of(dataset, index, how=how)
    return Evaluation(split, model.classes, labels, probabilities)


def baselines(
    model: Model, dataset: Dataset, partition: Partition, *, how: How | None = None
) -> dict[str, dict[str, Any]]:
    """What the report split must be held against: name → {"accuracy", "n", "interval"}.

    "majority class": always naming the class that is most frequent in training. "random weights": the same
    network, cut and head over random frozen weights, its head fitted to the same training pictures.
    """
    report, train = partition.report, partition.train
    labels = dataset.labels[report]
    majority = np.bincount(dataset.labels[train]).argmax()
    random = random_predictions(model, dataset, partition, how=how)
    return {
        "majority class": _score(labels == majority),
        "random weights": _score(random == labels),
    }


def random_predictions(
    model: Model, dataset: Dataset, partition: Partition, *, how: How | None = None
) -> np.ndarray:
    """int64 [R]: what a head fitted to the features of a random copy of the network names the report pictures.

    The same architecture, cut, pooling and training pictures; the weights below the head are random and frozen.
    """
    from headstart.data.split import sample
    from headstart.evidence.measure import SAMPLE
    from headstart.features import extract
    from headstart.train import head
    from headstart.train.fit import joined

    train, labels, seed = partition.train, dataset.labels, model.plan.seed
    fitted = train[sample(labels[train], max(5 * SAMPLE, 50 * len(dataset.classes)), seed)]

    def features(index: np.ndarray) -> np.ndarray:
        drawn = extract(
            dataset, index, model.backbone, how=how or How(), draw=0, label="features, random weights"
        )
        return joined(drawn, model.backbone, model.plan)

    solved = head.solve(
        features(fitted),
        labels[fitted],
        len(dataset.classes),
        layers=model.plan.head_layers,
        groups=dataset.groups[fitted],
        class_weight=model.plan.class_weight,
        seed=seed,
    )
    return solved.head.logits(features(partition.report)).argmax(1)


def _score(correct: np.ndarray) -> dict[str, Any]:
    hits, n = int(correct.sum()), len(correct)
    return {"accuracy": hits / n, "n": n, "interval": list(wilson(hits, n))}
