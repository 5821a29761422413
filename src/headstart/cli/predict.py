"""headstart predict: names for pictures."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import bundles, options, show, stdin, steps, values
from headstart.counts import pictures
from headstart.errors import DataError, PictureError

if TYPE_CHECKING:
    import numpy as np

    from headstart.data import BadPicture
    from headstart.model import Model
    from headstart.runtime import Execution

_BATCH = 256


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers, "predict", run, "name what is on pictures", options.bundle(), options.machine()
    )
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="files, folders and globs; - is stdin: one picture, or names, one a line",
    )
    parser.add_argument("--top", type=values.whole(1), default=5, metavar="K", help="classes per picture (5)")
    options.truncated(parser.add_argument)
    parser.add_argument("--sort", action="store_true", help="by name, each picture once (as they are named)")
    parser.add_argument("--csv", action="store_true", help="print path,rank,label,confidence")


def run(args: Namespace) -> int:
    from headstart import data, model

    if args.csv and args.json:
        raise DataError("--csv and --json: choose one of the two")
    with bundles.opened(args.bundle) as bundle, stdin.taken(args.images) as (arguments, called):
        loaded = model.load(bundle)
        paths, bad = data.pictures(arguments)
        if args.sort:
            paths = sorted(set(paths))
        execution = steps.execution(args, loaded.plan)
        good, probabilities, unusable, short = predicted(loaded, paths, execution, args.truncated)
        bad = [replace(one, path=called.get(one.path, one.path)) for one in (*bad, *unusable)]
        short = [called.get(path, path) for path in short]
    _left_out(bad, usable=bool(good))
    for path in short:
        progress.say(f"kept {show.plain(path)}: its end is missing, it is decoded as far as it goes")
    ranked = [
        (called.get(path, path), _top(row, loaded.classes, args.top))
        for path, row in zip(good, probabilities, strict=True)
    ]
    _print(args, ranked, bad, short)
    return options.IN_PART if bad else 0


def _left_out(bad: Sequence[BadPicture], *, usable: bool) -> None:
    """Says what could not be used. Raises DataError where that is all."""
    for one in bad if usable else bad[1:]:  # the error names the first
        progress.say(f"left out {show.plain(one.path)}: {one.reason}")
    if not usable:
        raise DataError(
            f"none of {len(bad)} pictures can be used; the first is {bad[0].path}: {bad[0].reason}"
        )


def predicted(
    model: Model, paths: Sequence[str], execution: Execution, truncated: str = "refuse"
) -> tuple[list[str], list[np.ndarray], list[BadPicture], list[str]]:
    """(usable paths, probabilities [C] of each, the unusable ones, those of the usable whose end is missing).

    Good batches are decoded only once.
    """
    from headstart.data import BadPicture
    from headstart.data.quality import examine_all

    good: list[str] = []
    rows: list[np.ndarray] = []
    bad: list[BadPicture] = []
    short: list[str] = []
    with progress.bar("pictures", len(paths)) as bar:
        for start in range(0, len(paths), _BATCH):
            batch = list(paths[start : start + _BATCH])
            try:
                found = model.probabilities(batch, execution=execution)
            except PictureError:
                seen = examine_all(batch, workers=execution.workers, truncated=truncated)
                bad += [one for one in seen if isinstance(one, BadPicture)]
                usable = [
                    (p, one) for p, one in zip(batch, seen, strict=True) if not isinstance(one, BadPicture)
                ]
                short += [path for path, one in usable if not one.whole]
                batch = [path for path, _ in usable]
                found = model.probabilities(batch, execution=execution, truncated=truncated) if batch else ()
            good += batch
            rows += list(found)
            bar.advance(min(_BATCH, len(paths) - start))
    return good, rows, bad, short


def _top(row: np.ndarray, classes: Sequence[str], most: int) -> list[dict[str, Any]]:
    order = (-row).argsort(kind="stable")[:most]
    return [{"label": classes[i], "confidence": round(float(row[i]), 6)} for i in order]


def _print(
    args: Namespace,
    ranked: Sequence[tuple[str, list[dict[str, Any]]]],
    bad: Sequence[BadPicture],
    short: Sequence[str],
) -> None:
    if args.json:
        predictions = [{"path": path, **top[0], "top": top} for path, top in ranked]
        left_out = [{"path": picture.path, "reason": picture.reason} for picture in bad]
        show.as_json(
            {
                "bundle": args.bundle,
                "predictions": predictions,
                "left_out": left_out,
                "truncated": list(short),
            }
        )
    elif args.csv:
        rows = [
            (path, rank, entry["label"], entry["confidence"])
            for path, top in ranked
            for rank, entry in enumerate(top, 1)
        ]
        show.as_csv(("path", "rank", "label", "confidence"), rows)
    else:
        lines = [f"{show.plain(path)}   {_named(top)}" for path, top in ranked]
        if bad:
            lines.append(f"named {pictures(len(ranked))}; left out {len(bad):,}")
        show.out("\n".join(lines))


def _named(top: Sequence[dict[str, Any]]) -> str:
    return "   ".join(f"{show.plain(entry['label'])} {entry['confidence']:.3f}" for entry in top)
