"""headstart backbones: which networks there are."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import options, show
from headstart.errors import BackboneError

if TYPE_CHECKING:
    from headstart.backbone.network import Entry
    from headstart.cli.session import Session

COUNTED = 30  # networks that are made, without memory, to count their parameters: a sixth of a second each


def add(subparsers: Any) -> None:
    parser = options.verb(subparsers, "backbones", run, "list the networks that can be used")
    parser.add_argument(
        "filter", nargs="?", metavar="FILTER", help="part of a name, or a pattern such as vgg*"
    )


def run(args: Namespace, session: Session) -> int:
    from headstart import backbone

    entries = backbone.available(args.filter)
    few = len(entries) <= COUNTED
    parameters = [backbone.parameters(entry.name) if few else None for entry in entries]
    if not entries:
        raise BackboneError(f"no backbone's name holds {args.filter!r}; `headstart backbones` lists all")
    if args.json:
        rows = zip(entries, parameters, strict=True)
        show.as_json({"backbones": [{**vars(entry), "parameters": number} for entry, number in rows]})
        return 0
    _print(entries, parameters if few else None)
    return 0


def _print(entries: Sequence[Entry], parameters: Sequence[int | None] | None) -> None:
    from headstart.report.words import short

    head = ["network", "pixels", *(["parameters"] if parameters else []), "weights"]
    rows = [[entry.name, str(entry.image_size), entry.note] for entry in entries]
    if parameters:
        for row, number in zip(rows, parameters, strict=True):
            row.insert(2, short(number))
    show.out(show.table(head, rows))
    if parameters is None:
        progress.say(f"parameters are counted where a FILTER leaves {COUNTED} networks or fewer")
