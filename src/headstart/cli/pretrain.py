"""headstart pretrain: a source network of one's own, trained from random weights."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from headstart import files
from headstart.cli import options, run_folder, show, steps, values


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "pretrain",
        run,
        "train a network from random weights, as a backbone for others",
        options.pictures(),
        options.training(),
        options.limits(),
        options.seed(),
    )
    add = parser.add_argument
    add("--network", default=options.DEFAULT_BACKBONE, metavar="NAME", help="the architecture (demo-cnn)")
    add("--image-size", type=values.whole(1), default=64, metavar="PIXELS", help="(64)")
    add("--name", metavar="NAME", help="what the data set is called in the card (name of DATA)")
    add("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>)")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add(
        "--workers",
        type=values.whole(0),
        default=0,
        metavar="N",
        help="threads that decode (0: one per core)",
    )


def run(args: Namespace) -> int:
    folder = run_folder.choose(args, args.data)
    run_folder.check(folder, args)
    from headstart import data
    from headstart.train.pretrain import RECIPE, pretrain

    dataset = steps.intake(args).dataset
    partition = data.partition(dataset, seed=args.seed or 0)
    settings = _settings(args, folder)
    run_folder.claim(folder, args, run_folder.facts(args, args.seed or 0))
    result = pretrain(
        dataset,
        partition,
        folder,
        name=args.name or run_folder.name_of(args.data),
        network=args.network,
        image_size=args.image_size,
        recipe=replace(RECIPE, **steps.recipe(args)),
        seed=args.seed or 0,
        settings=settings,
        command=run_folder.command(args),
    )
    run_folder.write_lines(folder / run_folder.METRICS, result.history)
    _print(args, partition.report_name, result, folder)
    return 0


def _settings(args: Namespace, folder: Path) -> Any:
    from headstart.train.loop import Settings

    return Settings(
        device=steps.device(args),
        workers=args.workers,
        time_limit=args.time_limit,
        checkpoints=folder / run_folder.CHECKPOINTS,
        resume=args.resume,
        on_epoch=lambda record: files.append_line(folder / run_folder.METRICS, json.dumps(record)),
    )


def _print(args: Namespace, split: str, result: Any, folder: Path) -> None:
    score = {"split": split, "accuracy": result.accuracy, "n": result.n, "interval": list(result.interval)}
    if args.json:
        show.as_json({"network": args.network, "splits": {split: score}, "backbone": str(folder)})
        return
    print(f"{split}: accuracy {show.accuracy(score)}")
    print(f"backbone {folder}")
    print(f"next     headstart train DATA --backbone {folder}")
