"""headstart teach: a page in which anyone teaches a classifier, without network and without an install."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, options, show

if TYPE_CHECKING:
    from headstart.cli.session import Session


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "teach",
        run,
        "write a page in which anyone teaches a classifier, in a browser, without network",
    )
    parser.add_argument(
        "--backbone",
        default="small",
        metavar="NAME",
        help="what it learns with: lite0, demo-cnn, timm:NAME or a pretrained folder (small)",
    )
    options.weights(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the page (teach.html)")
    parser.add_argument("--force", action="store_true", help="replace what lies there")


def run(args: Namespace, session: Session) -> int:
    from headstart.job.teach import teach

    found = teach(asked.options(args, session, data=""))
    if args.json:
        show.as_json(found.to_dict())
        return 0
    show.fact("page", found.page)
    show.fact("network", f"{found.backbone}, {found.bytes / 1e6:.1f} MB with all that it needs")
    show.fact("check", str(found))
    return 0
