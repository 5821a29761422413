"""headstart inspect: a network's stages and cuts, drawn, with what a plan makes of them."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import asked, bundles, options, show, steps, values
from headstart.errors import PlanError

if TYPE_CHECKING:
    from headstart.backbone import Backbone
    from headstart.plan.plan import Plan


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


def run(args: Namespace) -> int:
    network, plan, classes = _found(args)
    if args.json:
        show.as_json(
            {
                "name": network.name,
                "weights_sha256": network.weights_sha256 or None,
                "source": {"dataset": network.source.dataset, "classes": network.source.num_classes},
                "preprocess": network.preprocess.to_dict(),
                "stages": [asdict(stage) for stage in network.stages],
                "plan": None if plan is None else asdict(plan),
            }
        )
        return 0
    from headstart.report import terminal as drawing

    show.out(drawing.draw(plan, network, classes).rstrip("\n"))
    if plan is None:
        show.out(f"\ncuts     {', '.join(network.stage_names)}")
    return 0


def _found(args: Namespace) -> tuple[Backbone, Plan | None, int | None]:
    """The network named, the plan to draw on it, and the number of new classes where known."""
    if bundles.meant(args.name):
        from headstart import model

        if args.plan or args.case or args.cut:
            raise PlanError(
                f"{args.name}: a bundle has a plan of its own; leave --plan, --case and --cut out"
            )
        with bundles.opened(args.name) as bundle:
            loaded = model.load(bundle)
        return loaded.backbone, loaded.plan, len(loaded.classes)
    return *_planned(args), None


def _planned(args: Namespace) -> tuple[Backbone, Plan | None]:
    from headstart.plan import cases

    if args.plan:
        return asked.drawn(Path(args.plan), args)
    if args.cut and not args.case:
        raise PlanError("--cut: says where a case slices; add --case")
    network = steps.outline(args, args.name)
    if not args.case:
        return network, None
    init = "random" if args.case == 4 else None
    return network, cases.make(args.case, network, cut=args.cut or _cut(args.case, network), init=init)


def _cut(case: int, network: Backbone) -> str | None:
    """Where a case that is drawn without --cut slices, and what is to be said of it. Raises PlanError."""
    if case == 4:
        progress.say("case 4: drawn from random weights; `headstart train` tries the pre-trained ones first")
    if case != 2:
        return None
    lower = asked.lower(network)
    cut = lower[len(lower) // 2]
    progress.say(f"case 2: drawn with a cut at {cut}; where it cuts is measured by `headstart plan`")
    return cut
