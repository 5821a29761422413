"""Folds: a strategy proved on all pictures, each named by a model that did not learn from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from headstart import assess, progress, stopping
from headstart.data import Dataset, Intake, Partition
from headstart.data.split import folds
from headstart.job.fitting import fit
from headstart.job.named import Named
from headstart.job.prepare import prepare_on, seed_of
from headstart.model import Model

if TYPE_CHECKING:
    from headstart.assess import Baseline, Evaluation
    from headstart.job.options import Options
    from headstart.training.epoch import Epoch


@dataclass(frozen=True)
class Proof:
    """evaluation, of all pictures, and what it is held against; folds: that of each by itself, in order."""

    evaluation: Evaluation
    baselines: tuple[Baseline, ...]
    folds: tuple[Evaluation, ...]


def prove_in_folds(
    options: Options, named: Named, intake: Intake, on_epoch: Callable[[Epoch], None]
) -> Proof:
    """Does the whole job, measuring and deciding too, once for each fold, on the pictures of all others.

    on_epoch: told of the epochs of each fold.
    Splits of the source's own are not heeded. Raises what train() does, and DataError where there are fewer groups than
    folds.
    """
    parts = list(_partitions(intake.dataset, options.folds or 0, seed_of(options, named)))
    proved = [_prove(options, _of_fold(named, intake, part), intake, part, on_epoch) for part in parts]
    order = np.argsort(np.concatenate([part.report for part in parts]))
    evaluation, baselines = assess.pool(f"{len(parts)} folds", proved, order)
    return Proof(evaluation, baselines, tuple(own for own, _ in proved))


def check_folds(options: Options, named: Named, intake: Intake) -> None:
    """Says which classes no fold can prove. Raises DataError where there are fewer groups than folds."""
    dataset = intake.dataset
    folds(dataset.labels, dataset.groups, options.folds or 0, seed_of(options, named))
    alone = [
        name
        for number, name in enumerate(dataset.classes)
        if len(np.unique(dataset.groups[dataset.labels == number])) < 2
    ]
    if alone:
        progress.say(
            f"classes whose pictures are all in one group: {len(alone)} ({', '.join(alone[:3])}); no fold's model has "
            "seen them before it is asked"
        )


def _partitions(dataset: Dataset, k: int, seed: int) -> Iterator[Partition]:
    number = folds(dataset.labels, dataset.groups, k, seed)
    for fold in range(k):
        apart = np.flatnonzero(number == fold)
        kept = np.flatnonzero(number != fold)
        yield Partition(kept, np.empty(0, np.int64), apart, f"fold {fold + 1} of {k}")


def _of_fold(named: Named, intake: Intake, part: Partition) -> Named:
    """A plan that is given counts in a fold as it will count on all pictures: it expects what it expects of those."""
    plan, dataset = named.plan, intake.dataset
    if plan is None:
        return named
    if plan.pictures == Partition.of_all(dataset).pictures_of(dataset):
        return replace(named, plan=replace(plan, pictures=part.pictures_of(dataset)))
    return replace(named, plan=replace(plan, pictures="", gain=(), gain_of="", learning_exponent=0.0))


def _prove(
    options: Options, named: Named, intake: Intake, part: Partition, on_epoch: Callable[[Epoch], None]
) -> tuple[Evaluation, tuple[Baseline, ...]]:
    """One fold: what a model of the others' pictures makes of its own."""
    stopping.check()
    prepared = prepare_on(options, named, intake, part)
    fitted = fit(prepared, on_epoch=on_epoch)
    evaluation, baselines = assess.prove(
        Model.of(fitted), prepared.dataset, part, execution=prepared.execution, whole=True
    )
    progress.say(
        f"{part.report_name}: accuracy {evaluation.accuracy:.3f} on {evaluation.n:,} pictures, "
        f"case {prepared.plan.case}"
    )
    return evaluation, baselines
