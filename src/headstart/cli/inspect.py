"""headstart inspect: a network drawn, with what a plan makes of it, and what its layers answer to on pictures."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files
from headstart.cli import asked, bundles, options, show, values
from headstart.errors import OptionError, PlanError
from headstart.job import folder

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.job.inspect import Inspected

PAGE, FOLDER = "layers.html", Path("layers")


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "inspect",
        run,
        "draw a network: stages, cuts, what a plan freezes, keeps and replaces, and what its layers answer to",
        options.machine(),
    )
    parser.add_argument("name", metavar="BACKBONE|BUNDLE", help="as for --backbone, or as BUNDLE of predict")
    options.weights(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--plan", metavar="FILE", help="draw what this plan does")
    which.add_argument("--case", type=int, choices=options.CASES, help="draw what this case does")
    parser.add_argument(
        "--cut", type=values.names, metavar="NAME[,NAME]", help="where --case slices (case 2: a lower cut)"
    )
    parser.add_argument("--svg", metavar="FILE", help="write the drawing as an SVG file, - is stdout")
    _looking(parser.add_argument_group("what the layers answer to").add_argument)


def _looking(add: Any) -> None:
    add("--image", metavar="PICTURE", help="draw each stage's feature maps of this picture")
    add("--data", metavar="DATA", help="draw what of these pictures excites each stage's units most")
    add("--stage", type=values.names, metavar="NAME[,NAME]", help="of these stages alone (all)")
    add("--most", type=values.whole(2), metavar="N", help="pictures of DATA that are looked at (400)")
    options.truncated(add)
    add("-o", "--output", metavar="FOLDER", help="where layers.html is written (layers)")
    add("--force", action="store_true", help="replace files that are there")


def run(args: Namespace, session: Session) -> int:
    page, drawing = _places(args)
    found = _inspect(args, session)
    if drawing is not None:
        files.write_bytes(drawing, found.svg().encode("utf-8"))
    if page is not None:
        found.page().write(page)
    written = {"page": page, "svg": drawing}
    _print(args, found, {name: str(path) for name, path in written.items() if path is not None})
    return 0


def _places(args: Namespace) -> tuple[Path | None, Path | None]:
    """(where the page goes, where the drawing goes); None where none is made. Raises OptionError, OutputError."""
    if args.data is None and args.image is None:
        for name in ("output", "stage", "most"):
            if getattr(args, name) is not None:
                raise OptionError(f"--{name}: there is nothing to look at; add --image, --data or both")
        page = None
    else:
        page = (folder.first_free(FOLDER) if args.output is None else Path(args.output)) / PAGE
    drawing = None if args.svg is None or args.svg == "-" else Path(args.svg)
    for path in (page, drawing):
        if path is not None:
            files.check_absent(path, force=args.force)
    return page, drawing


def _print(args: Namespace, found: Inspected, written: dict[str, str]) -> None:
    if args.json:
        show.as_json({**found.to_dict(), **written})
        return
    if args.svg == "-":
        show.out(found.svg())
        return
    show.out(str(found))
    if found.plan is None:
        show.out(f"\ncuts     {', '.join(found.backbone.stage_names)}")
    for name, path in written.items():
        show.fact(name, path)


def _inspect(args: Namespace, session: Session) -> Inspected:
    from headstart.job.inspect import inspect, inspect_model

    if not bundles.meant(args.name):
        return inspect(asked.options(args, session, backbone=args.name))
    from headstart import model

    if args.plan or args.case or args.cut:
        raise PlanError(f"{args.name}: a bundle has a plan of its own; leave --plan, --case and --cut out")
    with bundles.opened(args.name) as bundle:
        return inspect_model(asked.options(args, session), model.load(bundle))
