"""headstart evaluate: a bundle held against labelled pictures."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, bundles, deciding, options, show
from headstart.job.evaluate import SPLITS

if TYPE_CHECKING:
    from headstart.cli.session import Session


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "evaluate",
        run,
        "hold a bundle against labelled pictures",
        options.bundle(),
        options.pictures(learning=False),
        options.machine(),
    )
    parser.add_argument(
        "--split",
        choices=SPLITS,
        help="which pictures (test, else val, else those held out when the bundle was made, else all)",
    )
    deciding.points(parser.add_argument)


def run(args: Namespace, session: Session) -> int:
    from headstart import model
    from headstart.job.evaluate import evaluate

    with bundles.opened(args.bundle) as bundle:
        loaded = model.load(bundle)
        found = evaluate(
            loaded,
            args.data,
            split=args.split,
            group_regex=args.group_regex,
            max_bad=args.max_bad,
            truncated=args.truncated,
            fix=args.fix,
            execution=asked.execution(args, session, loaded.plan),
            points=args.points,
        )
    if args.json:
        show.as_json({"bundle": args.bundle, "data": args.data, "splits": found.to_dict()})
        return 0
    if found.trained_on:
        show.out(
            f"it has learnt from {found.trained_on:,} of these {found.evaluation.n:,} pictures: new ones are harder"
        )
    show.out(show.score(found.evaluation))
    show.out(show.majority(found.evaluation) + "\n")
    show.out(show.classes(found.evaluation) + "\n")
    show.out(show.confusion(found.evaluation) + "\n")
    if told := deciding.told(found.points, found.levels):
        show.out(f"{told}\n")
    if found.sureness:
        show.out("\n".join(found.sureness.sentences))
    return 0
