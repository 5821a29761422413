"""headstart backbones: which networks there are."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from headstart.cli import options, show
from headstart.errors import BackboneError


def add(subparsers: Any) -> None:
    parser = options.verb(subparsers, "backbones", run, "list the networks that can be used")
    parser.add_argument(
        "filter", nargs="?", metavar="FILTER", help="part of a name, or a pattern such as vgg*"
    )


def run(args: Namespace) -> int:
    from headstart import backbone

    entries = backbone.available(args.filter)
    if not entries:
        raise BackboneError(f"no backbone's name holds {args.filter!r}; `headstart backbones` lists all")
    if args.json:
        show.as_json({"backbones": [vars(entry) for entry in entries]})
        return 0
    for entry in entries:
        show.out(f"{entry.name}   {entry.note}" if entry.note else entry.name)
    return 0
