"""headstart inspect: a network's stages and cuts, drawn, with what a plan makes of them."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, bundles, options, show, values
from headstart.errors import PlanError

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.job.inspect import Inspected


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "inspect",
        run,
        "draw a network: stages, cuts, and what a plan freezes, keeps and replaces",
    )
    parser.add_argument("name", metavar="BACKBONE|BUNDLE", help="as for --backbone, or as BUNDLE of predict")
    options.weights(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--plan", metavar="FILE", help="draw what this plan does")
    which.add_argument("--case", type=int, choices=options.CASES, help="draw what this case does")
    parser.add_argument(
        "--cut", type=values.names, metavar="NAME[,NAME]", help="where --case slices (case 2: a lower cut)"
    )


def run(args: Namespace, session: Session) -> int:
    found = _inspect(args, session)
    if args.json:
        show.as_json(found.to_dict())
        return 0
    show.out(str(found))
    if found.plan is None:
        show.out(f"\ncuts     {', '.join(found.backbone.stage_names)}")
    return 0


def _inspect(args: Namespace, session: Session) -> Inspected:
    from headstart.job.inspect import Inspected, inspect

    if not bundles.meant(args.name):
        return inspect(asked.options(args, session, backbone=args.name))
    from headstart import model

    if args.plan or args.case or args.cut:
        raise PlanError(f"{args.name}: a bundle has a plan of its own; leave --plan, --case and --cut out")
    with bundles.opened(args.name) as bundle:
        loaded = model.load(bundle)
    return Inspected(loaded.backbone, loaded.plan, len(loaded.classes))
