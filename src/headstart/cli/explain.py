"""headstart explain: why pictures were named so."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, bundles, options, predict, show, stdin, values
from headstart.explaining.methods import METHODS
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.explaining.explained import Explained
    from headstart.job.explain import Explanations


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "explain",
        run,
        "show why pictures are named so, and whether that may be believed",
        options.bundle(),
        options.machine(),
    )
    predict.images(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="an overlay of each picture, and the numbers (written nowhere)",
    )
    parser.add_argument("--class", dest="label", metavar="NAME", help="explain this class (the one named)")
    flags(parser)
    parser.add_argument(
        "--near", type=values.whole(0), default=3, metavar="K", help="training pictures that lie nearest (3)"
    )
    options.truncated(parser.add_argument)


def flags(parser: Any) -> None:
    """--method --stage"""
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="auto",
        help="cam: what places say, added up exactly; hirescam: to first order at one stage, by torch; occlusion: "
        "places covered one after another (cam where the network allows it)",
    )
    parser.add_argument("--stage", metavar="NAME", help="hirescam at this stage; see `headstart inspect`")


def run(args: Namespace, session: Session) -> int:
    from headstart import data, model
    from headstart.job.explain import explain

    with bundles.opened(args.bundle) as bundle, stdin.taken(args.images) as (arguments, called):
        loaded = model.load(bundle)
        paths, bad = data.pictures(arguments)
        found = explain(
            loaded,
            paths,
            output=args.output,
            method=args.method,
            stage=args.stage,
            label=args.label,
            near=args.near,
            truncated=args.truncated,
            execution=asked.execution(args, session, loaded.plan),
        )
    found = found.called(called, bad)
    predict.say_left_out(found.left_out, usable=bool(found.found))
    if args.json:
        show.as_json({"bundle": args.bundle, **found.to_dict()})
    else:
        show.out(text(found))
    return options.IN_PART if found.left_out else 0


def text(found: Explanations) -> str:
    """Each picture with its sentences, and where its overlay lies."""
    parts = [_told(one, overlay) for one, overlay in zip(found.found, found.overlays, strict=True)]
    return "\n\n".join([*parts, *(["\n".join(found.told)] if found.told else [])])


def _told(one: Explained, overlay: str) -> str:
    from headstart.explaining.words import sentences

    lines = [plain(one.name), *(f"  {plain(said)}" for said in sentences(one))]
    return "\n".join([*lines, *([f"  {overlay}"] if overlay else [])])
