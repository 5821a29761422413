"""headstart predict: names for pictures."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import asked, blas, bundles, certain, deciding, options, show, stdin, values
from headstart.counts import pictures
from headstart.errors import DataError

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.data import BadPicture
    from headstart.job.explain import Explanations
    from headstart.job.predict import Predicted


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers, "predict", run, "name what is on pictures", options.bundle(), options.machine()
    )
    images(parser)
    parser.add_argument("--top", type=values.whole(1), default=5, metavar="K", help="classes per picture (5)")
    deciding.sure(parser.add_argument)
    certain.coverage(parser.add_argument)
    options.truncated(parser.add_argument)
    parser.add_argument(
        "--explain", metavar="FOLDER", help="write there why, as `headstart explain` does (written nowhere)"
    )
    parser.add_argument("--sort", action="store_true", help="by name, each picture once (as they are named)")
    parser.add_argument("--csv", action="store_true", help="print path,rank,label,confidence,… as a table")


def images(parser: Any) -> None:
    """The pictures that a verb is about."""
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="files, folders and globs; - is stdin: one picture, or names, one a line",
    )


def run(args: Namespace, session: Session) -> int:
    blas.one_thread()  # before numpy is imported
    from headstart import data, model
    from headstart.job import explain
    from headstart.job.predict import check_sure, predict

    if args.explain:
        explain.check(args.explain)
    if args.csv and args.json:
        raise DataError("--csv and --json: choose one of the two")
    with bundles.opened(args.bundle) as bundle, stdin.taken(args.images) as (arguments, called):
        loaded = model.load(bundle)
        if args.sure is not None:
            check_sure(loaded, args.sure)
        paths, bad = data.pictures(arguments)
        if args.sort:
            paths = sorted(set(paths))
        execution = asked.execution(args, session, loaded.plan)
        found = predict(
            loaded,
            paths,
            execution=execution,
            truncated=args.truncated,
            sure=args.sure,
            coverage=args.coverage,
        )
        why = (
            explain.explain(
                loaded, found.paths, output=args.explain, truncated=args.truncated, execution=execution
            ).called(called)
            if args.explain and found.paths
            else None
        )
        found = _called(replace(found, left_out=(*bad, *found.left_out)), called)
    say_left_out(found.left_out, usable=bool(found.paths))
    for path in found.truncated:
        progress.say(f"kept {show.plain(path)}: its end is missing, it is decoded as far as it goes")
    _print(args, found, why)
    return options.IN_PART if found.left_out else 0


def _called(found: Predicted, called: dict[str, str]) -> Predicted:
    """With the names that the user knows in place of files that stdin was written to."""
    return replace(
        found,
        paths=tuple(called.get(path, path) for path in found.paths),
        left_out=tuple(replace(one, path=called.get(one.path, one.path)) for one in found.left_out),
        truncated=tuple(called.get(path, path) for path in found.truncated),
    )


def say_left_out(bad: Sequence[BadPicture], *, usable: bool) -> None:
    """Says what could not be used. Raises DataError where that is all."""
    for one in bad if usable else bad[1:]:  # the error names the first
        progress.say(f"left out {show.plain(one.path)}: {one.reason}")
    if not usable:
        raise DataError(
            f"none of {len(bad)} pictures can be used; the first is {bad[0].path}: {bad[0].reason}"
        )


def _print(args: Namespace, found: Predicted, why: Explanations | None) -> None:
    ranked = found.ranked(args.top)
    if args.json:
        left_out = [{"path": picture.path, "reason": picture.reason} for picture in found.left_out]
        show.as_json(
            {
                "bundle": args.bundle,
                "least_similarity": found.least_similarity,
                "predictions": [one.to_dict() for one in ranked],
                "left_out": left_out,
                "truncated": list(found.truncated),
                **({"explanations": why.to_dict()["explanations"]} if why else {}),
            }
        )
    elif args.csv:
        show.as_csv(*certain.table(ranked))
    else:
        lines = [f"{show.plain(one.path)}   {certain.line(one)}" for one in ranked]
        if found.left_out:
            lines.append(f"named {pictures(len(ranked))}; left out {len(found.left_out):,}")
        lines += [] if why is None else why.told
        show.out("\n".join(lines))
