"""train(): pictures in, a proven classifier out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import stopping
from headstart.job.facts import Facts
from headstart.job.folder import CHECKPOINTS, Folder
from headstart.job.folds import Proof, everything, prove_in_folds
from headstart.job.named import Named, look_up
from headstart.job.prepare import Prepared, load_pictures, prepare, prepare_on
from headstart.job.run import Run

if TYPE_CHECKING:
    from headstart.job.options import Options
    from headstart.training.epoch import Epoch
    from headstart.training.fit import Fitted
    from headstart.training.task import Settings


def _nothing(_: Any) -> None:
    pass


@dataclass(frozen=True)
class Hooks:
    """Who is told of what while a job goes on.

    on_plan   the plan, before anything is trained; on_begin: the folder, once the run has taken it
    on_epoch  what each epoch came to
    """

    on_plan: Callable[[Prepared], None] = _nothing
    on_begin: Callable[[Path], None] = _nothing
    on_epoch: Callable[[Epoch], None] = _nothing


def train(options: Options, hooks: Hooks = Hooks()) -> Run:
    """Measures, decides, trains, and proves what came of it on pictures that nothing has looked at.

    With an output folder the run is written there, and goes on from there where it is resumed. Raises DataError,
    BackboneError, PlanError, PictureError, OutputError; stopping.Stopped where the work was asked to stop.
    """
    named = look_up(options)
    folder = Folder.of(options, "train")
    prepared = _prepare(options, named)
    if folder:
        folder.check_plan(prepared.plan)
    hooks.on_plan(prepared)
    facts = Facts.now(options.command, prepared.plan.seed)
    if folder:
        begin(folder, prepared, facts, hooks)
    proof = prove_in_folds(options, named, prepared.intake) if options.folds else None
    fitted = _fit(prepared, folder, hooks)
    stopping.check()
    run = _prove(prepared, fitted, facts) if proof is None else _proved(prepared, fitted, facts, proof)
    return run.save(folder) if folder else run


def _prepare(options: Options, named: Named) -> Prepared:
    """With folds all pictures are trained on in the end, so that the plan is made on all of them."""
    if not options.folds:
        return prepare(options, named)
    intake = load_pictures(options)
    return prepare_on(options, named, intake, everything(intake.dataset))


def begin(folder: Folder, prepared: Prepared, facts: Facts, hooks: Hooks) -> None:
    """Takes the folder, and writes what is known before the work. Raises OutputError."""
    folder.claim(facts.to_dict())
    hooks.on_begin(folder.path)
    folder.write_plan(prepared.plan)
    folder.write_intake(prepared.intake)


def _fit(prepared: Prepared, folder: Folder | None, hooks: Hooks) -> Fitted:
    from headstart.training.fit import fit

    settings = None if prepared.plan.frozen else _settings(prepared.options, folder, hooks)
    return fit(
        prepared.plan,
        prepared.backbone,
        prepared.dataset,
        prepared.partition,
        execution=prepared.execution,
        settings=settings,
    )


def _settings(options: Options, folder: Folder | None, hooks: Hooks) -> Settings:
    from headstart.training.task import Settings

    def told(epoch: Epoch) -> None:
        if folder:
            folder.append_metrics(epoch.to_dict())
        hooks.on_epoch(epoch)

    return Settings(
        device=options.device,
        workers=options.workers,
        time_limit=options.share,
        checkpoints=folder.path / CHECKPOINTS if folder else None,
        resume=options.resume,
        on_epoch=told,
    )


def _prove(prepared: Prepared, fitted: Fitted, facts: Facts) -> Run:
    """The model on the report split, which is looked at here and nowhere before."""
    from headstart import assess
    from headstart.model import Model

    model = Model.of(fitted)
    evaluation, baselines = assess.prove(
        model, prepared.dataset, prepared.partition, execution=prepared.execution
    )
    return Run(prepared, fitted, model, evaluation, baselines, facts, prepared.partition.report)


def _proved(prepared: Prepared, fitted: Fitted, facts: Facts, proof: Proof) -> Run:
    """The model of all pictures, with what was proved of the strategy that it was made by."""
    from headstart.model import Model

    every = prepared.partition.train
    model = Model.of(fitted)
    return Run(prepared, fitted, model, proof.evaluation, proof.baselines, facts, every, proof.folds)
