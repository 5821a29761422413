"""headstart train: pictures in, a proven classifier out."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, stopping
from headstart.cli import asked, options, run_folder, show, steps
from headstart.errors import PlanError

if TYPE_CHECKING:
    from headstart.assess import Evaluation
    from headstart.cli.steps import Decided
    from headstart.model import Model
    from headstart.report import Mistake
    from headstart.train.fit import Fitted

_MOST_MISTAKES = 24


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "train",
        run,
        "make a classifier of the pictures, prove it and report on it",
        options.pictures(),
        options.network(),
        options.strategy(),
        options.training(),
        options.limits(),
        options.seed(),
        options.machine(),
        options.cache(),
    )
    parser.add_argument("--plan", metavar="FILE", help="do what this plan says, exactly; nothing is measured")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>)")


def run(args: Namespace) -> int:
    folder = run_folder.choose(args)
    named = asked.of(args)
    run_folder.check(folder, args)
    job = steps.decided(args, named)
    _same_plan(folder, job, args)
    _show_plan(args, job)
    facts = run_folder.facts(args, job.plan.seed)
    run_folder.claim(folder, args, facts)
    run_folder.write_plan(folder, job.plan)
    run_folder.write_intake(folder, job.intake)
    fitted = _fit(args, job, folder)
    stopping.check()
    model, evaluation, result = _judged(args, job, fitted, folder)
    _write_results(folder, job, model, evaluation, result, fitted)
    _write_report(folder, job, evaluation, result, facts, fitted)
    if args.json:
        show.as_json(result)
    else:
        _summary(result, evaluation, folder)
    return 0


def _same_plan(folder: Path, job: Decided, args: Namespace) -> None:
    """A run is resumed with its own plan or not at all. Raises PlanError."""
    if args.resume and (folder / run_folder.PLAN).exists():
        former = asked.plan_in(folder / run_folder.PLAN)
        other = [f.name for f in fields(former) if getattr(former, f.name) != getattr(job.plan, f.name)]
        if other:
            raise PlanError(
                f"--resume: {folder / run_folder.PLAN} is another plan than these flags and pictures give now "
                f"(it differs in: {', '.join(other)}); resume with the run's own command and version, or start anew "
                "with --force"
            )


def _show_plan(args: Namespace, job: Decided) -> None:
    if not args.json:
        show.out(steps.described(job, steps.prospects(args, job)))


def _fit(args: Namespace, job: Decided, folder: Path) -> Fitted:
    from headstart.train.fit import fit

    settings = None
    if not job.plan.frozen:
        from headstart.train.task import Settings

        settings = Settings(
            device=args.device,
            workers=args.workers,
            threads=args.threads or 0,
            time_limit=args.time_limit,
            checkpoints=folder / run_folder.CHECKPOINTS,
            resume=args.resume,
            on_epoch=lambda record: files.append_line(folder / run_folder.METRICS, json.dumps(record)),
        )
    execution = steps.execution(args, job.plan)
    return fit(
        job.plan, job.backbone, job.intake.dataset, job.partition, execution=execution, settings=settings
    )


def _judged(
    args: Namespace, job: Decided, fitted: Fitted, folder: Path
) -> tuple[Model, Evaluation, dict[str, Any]]:
    """The model on the report split, which is looked at here and nowhere before."""
    from headstart import assess
    from headstart.model import Model

    model, execution = Model.of(fitted), steps.execution(args, job.plan)
    dataset, partition = job.intake.dataset, job.partition
    evaluation, bars = assess.prove(model, dataset, partition, execution=execution)
    return model, evaluation, _result(job, fitted, evaluation, bars, folder)


def _result(
    job: Decided, fitted: Fitted, evaluation: Evaluation, bars: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """What --json prints; docs/json.md tells its fields."""
    return {
        "case": job.plan.case,
        "size": job.evidence and job.evidence.size,
        "similarity": job.evidence and job.evidence.similarity,
        "backbone": job.backbone.name,
        "splits": {evaluation.split: evaluation.to_dict()},
        "baselines": dict(bars),
        "arms": [asdict(arm) for arm in fitted.arms],
        "plan": asdict(job.plan),
        "kept": asdict(fitted.plan),
        "evidence": job.evidence and job.evidence.to_dict(),
        "pictures": {
            "train": len(job.partition.train),
            "quarantine": len(job.intake.quarantine),
            "alike": len(job.intake.alike),
        },
        "run": str(folder),
        "bundle": str(folder / run_folder.BUNDLE),
        "report": str(folder / run_folder.REPORT),
    }


def _write_results(
    folder: Path,
    job: Decided,
    model: Model,
    evaluation: Evaluation,
    result: dict[str, Any],
    fitted: Fitted,
) -> None:
    from headstart import model as room

    metrics = {key: result[key] for key in ("splits", "baselines", "arms")}
    room.save(
        model,
        folder / run_folder.BUNDLE,
        evidence=result["evidence"],
        metrics=metrics,
        dataset=job.intake.dataset,
        partition=job.partition,
        left_out=tuple(job.intake.left_out),
        history=fitted.history,
    )
    run_folder.write_lines(folder / run_folder.METRICS, [*fitted.history, {"final": True, **metrics}])
    rows = [
        (path, evaluation.split, label, prediction, f"{confidence:.6f}")
        for path, label, prediction, confidence in _named(job, evaluation)
    ]
    head = ("path", "split", "label", "prediction", "confidence")
    files.write_csv(folder / run_folder.PREDICTIONS, head, rows)


def _named(job: Decided, evaluation: Evaluation) -> list[tuple[str, str, str, float]]:
    """(path, label, prediction, confidence) of each report picture."""
    paths = [job.intake.dataset.paths[i] for i in job.partition.report]
    names, best = evaluation.classes, evaluation.probabilities.max(axis=1)
    judged = zip(paths, evaluation.labels, evaluation.predictions, best, strict=True)
    return [(path, names[label], names[prediction], float(p)) for path, label, prediction, p in judged]


def _mistakes(job: Decided, evaluation: Evaluation) -> tuple[Mistake, ...]:
    """The surest of the wrong answers."""
    from headstart.report import Mistake

    wrong = [Mistake(*row) for row in _named(job, evaluation) if row[1] != row[2]]
    return tuple(sorted(wrong, key=lambda mistake: -mistake.confidence)[:_MOST_MISTAKES])


def _write_report(
    folder: Path,
    job: Decided,
    evaluation: Evaluation,
    result: dict[str, Any],
    facts: dict[str, Any],
    fitted: Fitted,
) -> None:
    from headstart import report

    dataset = job.intake.dataset
    counts = dataset.take(job.partition.train).counts().tolist()
    report.write(
        folder / run_folder.REPORT,
        report.Run(
            title=folder.resolve().name,
            created=facts["created"],
            backbone=job.backbone,
            plan=job.plan,
            evidence=job.evidence,
            evaluations=(evaluation,),
            baselines=result["baselines"],
            arms=result["arms"],
            history=list(fitted.history),
            mistakes=_mistakes(job, evaluation),
            class_counts=dict(zip(dataset.classes, counts, strict=True)),
            quarantine=job.intake.quarantine,
            notes=tuple(job.intake.notes),
            command=facts["command"],
        ),
    )


def _summary(result: dict[str, Any], evaluation: Evaluation, folder: Path) -> None:
    if len(result["arms"]) > 1:
        show.out(show.arms(result["arms"]) + "\n")
    show.out(show.score(evaluation))
    show.out(show.baselines(result["baselines"]))
    show.out(f"  {evaluation.against(result['baselines'])}\n")
    run_folder.print_intake(folder, result["pictures"])
    for key in ("run", "report", "bundle"):
        show.fact(key, result[key])
    show.fact("next", f"headstart predict {shlex.quote(result['bundle'])} PICTURE...")
