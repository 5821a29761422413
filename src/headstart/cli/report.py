"""headstart report: the page of a run made again from its folder."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import options, show

if TYPE_CHECKING:
    from headstart.cli.session import Session


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers, "report", run, "make the page of a run again from its folder, without the pictures"
    )
    parser.add_argument("run_folder", metavar="RUN", help="a folder that `headstart train` wrote")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the page is written (RUN/report.html)")


def run(args: Namespace, session: Session) -> int:
    from headstart.job.report import report

    found = report(args.run_folder, args.output)
    if args.json:
        show.as_json(found.to_dict())
        return 0
    for said in found.lacking:
        show.news(f"the page lacks {said}")
    show.out(f"report   {found.path}")
    return 0
