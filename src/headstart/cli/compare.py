"""headstart compare: every strategy side by side on the user's own pictures, with equal budgets."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files
from headstart.cli import asked, options, run_folder, show, steps
from headstart.errors import PlanError

if TYPE_CHECKING:
    from headstart.cli.steps import Decided
    from headstart.study import Comparison, Contender

RESULTS, TABLE, FIGURE, TRIALS = "compare.json", "compare.csv", "compare.svg", "trials"


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "compare",
        run,
        "hold every strategy against the others on the pictures, and mark what plan would choose",
        options.pictures(),
        options.network(),
        options.strategy(),
        options.training(lr="left out here: two are tried", batch_size="32"),
        options.limits(),
        options.seed(),
        options.machine(),
        options.cache(),
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>-compare)")


def run(args: Namespace) -> int:
    folder = run_folder.choose(args, "-compare")
    _refuse(args)
    named = asked.of(args)
    run_folder.check(folder, args)
    job = steps.decided(args, named)
    field = _contenders(args, job)
    run_folder.claim(folder, args, run_folder.facts(args, job.plan.seed))
    run_folder.write_plan(folder, job.plan)
    run_folder.write_intake(folder, job.intake)
    comparison = _compared(args, job, field, folder)
    result = _result(job, comparison, folder)
    _write(folder, job, comparison, result)
    if args.json:
        show.as_json(result)
    else:
        _print(result, folder)
    return 0


def _refuse(args: Namespace) -> None:
    """Raises PlanError for flags that would name one strategy."""
    for name in ("case", "cut", "init", "head_init", "head_layers", "lr"):
        if getattr(args, name) is not None:
            raise PlanError(
                f"--{name.replace('_', '-')}: compare tries every strategy, each training at two rates; leave it out"
            )


def _contenders(args: Namespace, job: Decided) -> tuple[Contender, ...]:
    from headstart.data.split import selection
    from headstart.study import contenders

    assert job.evidence is not None, "compare reads no plan"
    kept, _ = selection(job.intake.dataset, job.partition, job.plan.seed)
    return contenders(
        job.backbone,
        cut=job.evidence.lower.cut,
        n=len(kept),
        seed=job.plan.seed,
        class_weight=job.plan.class_weight,
        runtime=job.plan.runtime,
        precision=job.plan.precision,
        recipe=steps.recipe(args),
    )


def _compared(args: Namespace, job: Decided, field: tuple[Contender, ...], folder: Path) -> Comparison:
    from headstart.study import compare
    from headstart.train.task import Settings

    settings = Settings(
        device=args.device, workers=args.workers, threads=args.threads or 0, time_limit=args.time_limit
    )
    return compare(
        field,
        job.plan,
        job.backbone,
        job.intake.dataset,
        job.partition,
        folder / TRIALS,
        execution=steps.execution(args, job.plan),
        settings=settings,
    )


def _result(job: Decided, comparison: Comparison, folder: Path) -> dict[str, Any]:
    """What --json prints; docs/json.md tells its fields."""
    return {
        "backbone": job.backbone.name,
        "case": job.plan.case,
        "split": job.partition.report_name,
        "pictures": {
            "train": len(job.partition.train),
            "report": len(job.partition.report),
            "quarantine": len(job.intake.quarantine),
            "alike": len(job.intake.alike),
        },
        "contenders": comparison.rows(),
        "choice": comparison.choice,
        "regret": comparison.regret,
        "run": str(folder),
    }


def _write(folder: Path, job: Decided, comparison: Comparison, result: dict[str, Any]) -> None:
    from headstart.report import comparison as drawing

    files.write_json(folder / RESULTS, result)
    files.write_text(folder / FIGURE, drawing.figure(result["contenders"], job.partition.report_name))
    names = [outcome.name for outcome in comparison.outcomes]
    classes = job.intake.dataset.classes
    rows = (
        (job.intake.dataset.paths[i], classes[label], *(classes[p] for p in predictions))
        for i, label, *predictions in zip(
            job.partition.report,
            comparison.labels,
            *(o.predictions for o in comparison.outcomes),
            strict=True,
        )
    )
    files.write_csv(folder / TABLE, ("path", "label", *names), rows)


def _print(result: dict[str, Any], folder: Path) -> None:
    show.out(show.contenders(result["contenders"]))
    show.out("± is one paired standard error: of the difference, picture by picture")
    if any(row["share"] < 1 for row in result["contenders"]):
        show.out(
            "time was short: where a percentage stands beside the seconds, the training had that share of its epochs, "
            "and its place is provisional"
        )
    show.out(
        f"\nplan chooses {result['choice']}, case {result['case']}: "
        f"{100 * result['regret']:.1f} points behind the best of these, picked by the same pictures"
    )
    run_folder.print_intake(folder, result["pictures"])
    show.fact("run", folder)
    show.fact("figure", folder / FIGURE)
    show.fact("answers", folder / TABLE)
