"""Random weights as a baseline on a part of the pictures, where the gain is plain there: a fraction of the cost."""

from __future__ import annotations

import numpy as np

from headstart.assess.baseline import Baseline
from headstart.assess.evaluation import Evaluation
from headstart.data.dataset import Dataset, Partition
from headstart.evidence.control import part_of, plain, sampled
from headstart.extraction import Features, extract_beside
from headstart.heads import head
from headstart.intervals import effective, paired, wilson
from headstart.model import Model
from headstart.planning.inputs import joined, widths
from headstart.runtime import Execution, Resolved


def tried(model: Model, dataset: Dataset, partition: Partition) -> np.ndarray:
    """Places, int64 [P], in the report pictures: those that random weights are asked of first."""
    return _part(model, dataset, partition.report)


def _part(model: Model, dataset: Dataset, index: np.ndarray) -> np.ndarray:
    side, seed = model.backbone.preprocess.size, model.plan.seed
    return part_of(dataset.labels[index], dataset.groups[index], side, seed)


def random_weights(
    model: Model,
    dataset: Dataset,
    partition: Partition,
    evaluation: Evaluation,
    features: Features,
    control: Features,
    part: np.ndarray,
    execution: Execution | Resolved,
) -> Baseline | None:
    """The baseline: as far below the model as random weights are below the pre-trained ones.

    Both with heads of one part of the training pictures. None where that leaves it open whether these are ahead.

    features: of the report pictures; control: of those at `part`, with random weights. Raises PictureError,
    BackboneError.
    """
    labels, groups, seed = dataset.labels, dataset.groups, model.plan.seed
    measured = sampled(dataset, partition.train, seed)
    learned = measured[_part(model, dataset, measured)]
    asked = partition.report[part]

    def right(learning: Features, held: np.ndarray) -> np.ndarray:
        solved = head.solve(
            joined(learning, model.backbone, model.plan),
            labels[learned],
            len(dataset.classes),
            widths=widths(model.backbone, model.plan),
            layers=model.plan.head_layers,
            groups=groups[learned],
            class_weight=model.plan.class_weight,
            seed=seed,
        )
        return solved.head.logits(held).argmax(1) == labels[asked]

    own, other = extract_beside(dataset, learned, model.backbone, (None, 0), execution=execution)
    ours = right(own, joined(features, model.backbone, model.plan)[part])
    theirs = right(other, joined(control, model.backbone, model.plan))
    lead, error = paired(ours, theirs, groups[asked])
    if not plain(lead, error):
        return None
    accuracy, worth = max(0.0, evaluation.accuracy - lead), effective(theirs, groups[asked])
    return Baseline(
        "random weights",
        accuracy,
        len(asked),
        len(np.unique(groups[asked])),
        wilson(accuracy * worth, worth),
        lead,
        error,
        theirs,
        f"measured on {len(asked):,} of the {len(partition.report):,} pictures, with heads of {len(learned):,} of the "
        f"{len(partition.train):,} training pictures for both",
    )
