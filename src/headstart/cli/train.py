"""headstart train: pictures in, a proven classifier out."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, deciding, options, recipe, show, values
from headstart.cli.plan import add_why, briefly, described
from headstart.counts import plural
from headstart.job import folder
from headstart.job.folder import SUSPECTS
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.job.prepare import Prepared
    from headstart.job.run import Run


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "train",
        run,
        "make a classifier of the pictures, prove it and report on it",
        options.pictures(),
        options.network(),
        options.strategy(),
        recipe.training(),
        recipe.stages(),
        recipe.loggers(),
        deciding.taxonomy(),
        deciding.deciding(),
        options.limits(),
        options.seed(),
        options.machine(),
        options.cache(),
    )
    parser.add_argument(
        "--folds",
        type=values.whole(2),
        metavar="K",
        help="prove it on all pictures, K times a Kth, then train on all (a part is held out)",
    )
    parser.add_argument(
        "--like",
        metavar="RUN",
        help="an old run on fewer of these pictures: keeps its report pictures and compares old and new on them",
    )
    parser.add_argument("--plan", metavar="FILE", help="do what this plan says, exactly; nothing is measured")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>)")
    add_why(parser)


def run(args: Namespace, session: Session) -> int:
    from headstart.job.train import train

    def show_plan(prepared: Prepared) -> None:
        if not args.json:
            show.out(described(prepared, why=True) if args.why else briefly(prepared))

    output = args.output or folder.usual(args.data)
    trained = train(asked.options(args, session, output=output), session.hooks(on_plan=show_plan))
    if args.json:
        show.as_json(trained.to_dict())
    else:
        _summary(trained)
    return 0


def _summary(trained: Run) -> None:
    result = trained.to_dict()
    first, *others = trained.sentences
    show.out("\n".join((first, *(f"  {plain(line)}" for line in others))) + "\n")
    if more := trained.more():
        show.out(f"{more}\n")
    if trained.change:
        show.out(f"Beside {trained.change.run}, on {trained.change}.\n")
    show.fact("report", result["report"])
    if trained.suspects and (count := len(trained.suspects.findings)):
        show.fact(
            "labels",
            f"{plural(count, 'training label')} may be wrong, listed in {Path(result['run']) / SUSPECTS}",
        )
    show.fact("next", f"headstart predict {shlex.quote(result['bundle'])} PICTURE...")
    if found := deciding.told(trained.points if trained.decides else None, trained.levels):
        show.out(found + "\n")
    _details(trained, result)


def _details(trained: Run, result: dict[str, Any]) -> None:
    """The numbers, for who knows what they mean."""
    show.out("\ndetails: what was tried, and the numbers (why it was planned so: --why)\n")
    show.out(show.arms(result["arms"]) + "\n")
    show.out(show.score(trained.evaluation))
    if trained.folds:
        show.out(show.folds(trained.folds))
    show.out(show.baselines(result["baselines"]))
    show.out(f"  {trained.evaluation.against(trained.baselines)}\n")
    show.intake(trained.prepared.intake, result["run"])
    for key in ("run", "bundle"):
        show.fact(key, result[key])
