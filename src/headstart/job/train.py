"""train(): pictures in, a proven classifier out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import stopping
from headstart.data import Partition
from headstart.job import deciding, like
from headstart.job.embedding import make_ready
from headstart.job.facts import Facts
from headstart.job.fitting import fit
from headstart.job.folder import Folder, command_of
from headstart.job.folds import Proof, check_folds, prove_in_folds
from headstart.job.like import Former, Kept
from headstart.job.loggers import telling
from headstart.job.named import Named, look_up
from headstart.job.prepare import Prepared, load_pictures, prepare, prepare_on, seed_of
from headstart.job.run import Run
from headstart.training import needs

if TYPE_CHECKING:
    from headstart.assess import Evaluation, Hindsight
    from headstart.job.options import Options
    from headstart.model import Model
    from headstart.training.epoch import Epoch
    from headstart.training.fit import Fitted
    from headstart.training.loggers import Logger


def nothing(_: Any) -> None:
    pass


@dataclass(frozen=True)
class Hooks:
    """Who is told of what while a job goes on.

    on_plan   the plan, before anything is trained; on_begin: the folder, once the run has taken it
    on_epoch  what each epoch came to; loggers: told of it too, and closed after the last
    """

    on_plan: Callable[[Prepared], None] = nothing
    on_begin: Callable[[Path], None] = nothing
    on_epoch: Callable[[Epoch], None] = nothing
    loggers: Sequence[Logger] = ()


def train(options: Options, hooks: Hooks = Hooks()) -> Run:
    """Measures, decides, trains, and proves what came of it on pictures that nothing has looked at.

    With an output folder the run is written there, and goes on from there where it is resumed. Raises DataError,
    BackboneError, PlanError, PictureError, OutputError; MissingError where training is called for and torch is not
    installed; stopping.Stopped where the work was asked to stop.
    """
    named = look_up(options)
    _check_torch(options, named)
    folder = Folder.of(options, "train")
    former = None if options.like is None else like.read(options.like, fixed=options.fix is not None)
    prepared, kept = _prepare(options, named, former)
    if folder:
        folder.check_fix(prepared.intake)
        folder.check_plan(prepared.plan)
    deciding.check(options, prepared)
    hooks.on_plan(prepared)
    if folder and prepared.plan.frozen:  # training imports torch, which scikit-learn would find half made
        make_ready()
    needs.check(prepared.plan)
    facts = Facts.now(command_of(options, folder), prepared.plan.seed)
    if folder:
        begin(folder, prepared, facts, hooks)
    loggers = [*([folder.logger()] if folder else []), *hooks.loggers]
    with telling(options.log, hooks.on_epoch, loggers) as on_epoch:
        proof = prove_in_folds(options, named, prepared.intake, on_epoch) if options.folds else None
        fitted = fit(prepared, folder, on_epoch)
    stopping.check()
    run = _prove(prepared, fitted, facts, kept) if proof is None else _proved(prepared, fitted, facts, proof)
    if folder:
        run = run.save(folder)  # its page shows frames
    prepared.dataset.forget_frames()
    return run


def _check_torch(options: Options, named: Named) -> None:
    """Raises MissingError where it is clear before any picture is read that training is asked for and torch lacks."""
    if named.plan is not None:
        needs.check(named.plan)
    elif options.folds and options.case is None and options.size != "small":
        needs.check_folds()
    elif options.case is not None:
        needs.check_case(options.case)


def _prepare(options: Options, named: Named, former: Former | None) -> tuple[Prepared, Kept | None]:
    """With folds all pictures are trained on in the end, so that the plan is made on all of them."""
    if former:
        intake = load_pictures(options, named.backbone)
        kept = like.keep(former, intake.dataset)
        parts = like.divide(kept, intake.dataset, seed_of(options, named))
        return prepare_on(options, named, intake, parts), kept
    if not options.folds:
        return prepare(options, named), None
    intake = load_pictures(options, named.backbone)
    check_folds(options, named, intake)
    return prepare_on(options, named, intake, Partition.of_all(intake.dataset)), None


def begin(folder: Folder, prepared: Prepared, facts: Facts, hooks: Hooks) -> None:
    """Takes the folder, and writes what is known before the work. Raises OutputError."""
    folder.claim(facts.to_dict())
    hooks.on_begin(folder.path)
    folder.write_plan(prepared.plan)
    folder.write_intake(prepared.intake)


def _prove(prepared: Prepared, fitted: Fitted, facts: Facts, kept: Kept | None = None) -> Run:
    """The model on the report split, which is looked at here and nowhere before."""
    from headstart import assess

    model = _knowing(fitted, prepared)
    evaluation, baselines = assess.prove(
        model, prepared.dataset, prepared.partition, execution=prepared.execution
    )
    dataset, parts = prepared.dataset, prepared.partition
    change = kept and like.change(kept, dataset, parts, parts.report, evaluation)
    looked = _look_back(prepared, fitted, evaluation)
    fitted = replace(fitted, others={})
    return Run(
        prepared,
        fitted,
        model,
        evaluation,
        baselines,
        facts,
        parts.report,
        change=change,
        hindsight=looked,
    )


def _look_back(prepared: Prepared, fitted: Fitted, evaluation: Evaluation) -> dict[str, Hindsight]:
    """Every way that was tried on the report pictures, now that the choice is made."""
    from headstart import assess
    from headstart.model import Model

    def again(one: Fitted) -> Evaluation:
        return assess.on_report(
            Model.of(one), prepared.dataset, prepared.partition, execution=prepared.execution
        )

    kept = next(arm.name for arm in fitted.arms if arm.chosen)
    others = {name: again(one) for name, one in fitted.others.items()}
    return assess.hindsight(kept, evaluation, others)


def _proved(prepared: Prepared, fitted: Fitted, facts: Facts, proof: Proof) -> Run:
    """The model of all pictures, with what was proved of the strategy that it was made by."""
    every = prepared.partition.train
    model = _knowing(fitted, prepared)
    fitted = replace(fitted, others={})
    return Run(prepared, fitted, model, proof.evaluation, proof.baselines, facts, every, proof.folds)


def _knowing(fitted: Fitted, prepared: Prepared) -> Model:
    """The model with what it was made of, so that evaluate() knows these pictures again, what is like them, and how
    it chooses a class."""
    from headstart.model import info_of, remember

    info = info_of(prepared.dataset, prepared.partition)
    model = remember(fitted, prepared.dataset, prepared.partition, execution=prepared.execution)
    return replace(
        model,
        info=replace(info, left_out=tuple(prepared.intake.left_out)),
        decision=deciding.decision(prepared.options, model, fitted, prepared.dataset),
        taxonomy=prepared.intake.taxonomy,
    )
