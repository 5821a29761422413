"""headstart review: which pictures to look at before a classifier is made of them."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, options, show
from headstart.job import folder
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.cli.session import Session

_NAMED = 3  # pictures of a kind; the page has all


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "review",
        run,
        "find labels that may be wrong, doubles, and odd, dark, blurred or tiny pictures",
        options.pictures(),
        options.network(),
        options.seed(),
        options.machine(),
        options.cache(),
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>-review)")
    parser.add_argument("--force", action="store_true", help="replace a former review in the output folder")


def run(args: Namespace, session: Session) -> int:
    from headstart.job.review import PAGE, TABLE, review
    from headstart.screening import words

    output = args.output or folder.usual(args.data, "-review")
    found = review(asked.options(args, session, output=output))
    if args.json:
        show.as_json(found.to_dict())
        return 0
    assert found.folder is not None
    show.out("\n".join(map(plain, words.lines(found.reviewed, named=_NAMED))))
    if said := words.judged(found.reviewed):
        show.out(said)
    show.out("")
    show.fact("look at", found.folder / PAGE)
    if found.reviewed.findings:
        show.fact("fill in", found.folder / TABLE)
    show.fact("next", found.next(found.folder / TABLE))
    return 0
