"""headstart export: a bundle in a form that other tools read."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import bundles, options, show
from headstart.job.options import EXPORTS

if TYPE_CHECKING:
    from headstart.cli.session import Session


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "export",
        run,
        "write a bundle in a form that other tools read, and check that it gives the same answers",
        options.bundle(),
    )
    parser.add_argument("--to", required=True, metavar="FORMAT", help=", ".join(EXPORTS))
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="the file or folder to write (here, named as the run)"
    )
    parser.add_argument(
        "--pictures",
        nargs="+",
        default=[],
        metavar="IMAGE",
        help="check it on these files, folders and globs (on generated pictures)",
    )
    parser.add_argument(
        "--bits",
        type=int,
        choices=(16, 8),
        default=16,
        help="of the weights in html: 8 makes it smaller, if the answers to --pictures stay the same (16)",
    )
    parser.add_argument("--force", action="store_true", help="replace what lies at PATH, and on the hub")
    parser.add_argument(
        "--push", metavar="OWNER/NAME", help="bring it to this repository on the model hub as well"
    )
    parser.add_argument("--private", action="store_true", help="with --push: a new repository is private")


def run(args: Namespace, session: Session) -> int:
    from headstart import data, model, progress
    from headstart.job.export import export, usual
    from headstart.model import exports, parity

    exports.exporter_of(args.to)
    with bundles.opened(args.bundle) as bundle:
        loaded = model.load(bundle)
        paths, bad = data.pictures(args.pictures) if args.pictures else ([], [])
        for one in bad:
            progress.say(f"{one.path}: {one.reason}; not looked at")
        place = args.output or usual(args.bundle, args.to)
        asked = {"force": args.force, "bits": args.bits, "push": args.push, "private": args.private}
        found = export(loaded, args.to, place, pictures=paths, **asked)
    if args.json:
        show.as_json({"bundle": args.bundle, **found.to_dict()})
        return 0
    show.out("\n".join(parity.lines(found.parity)))
    show.out("")
    show.fact("export", found.place)
    show.fact("check", found.check)
    show.fact("card", found.card)
    if found.pushed:
        show.fact("hub", found.pushed.url)
    return 0
