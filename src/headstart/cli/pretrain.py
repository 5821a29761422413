"""headstart pretrain: a source network of one's own, trained from random weights."""

from __future__ import annotations

import shlex
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.cli import asked, options, recipe, show, values
from headstart.job import folder

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.job.pretrain import PretrainedRun


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "pretrain",
        run,
        "train a network from random weights, as a backbone for others",
        options.pictures(),
        recipe.training(
            frozen=False,
            epochs="30",
            lr="0.004",
            batch_size="256",
            optimizer="muon",
            label_smoothing="0.1",
            augment="crop",
            cutmix="0.5",
            ema="0.999",
        ),
        options.limits(),
        recipe.loggers(),
        options.seed(),
    )
    add = parser.add_argument
    add(
        "--network",
        default="small",
        metavar="NAME",
        help="the architecture: small, demo-cnn or timm:NAME (small)",
    )
    add(
        "--image-size",
        type=values.whole(1, options.LARGEST),
        default=64,
        metavar="PIXELS",
        help="input side (64)",
    )
    options.model_kwargs(add)
    add("--name", metavar="NAME", help="what the data set is called in the card (name of DATA)")
    add("--notes", metavar="FILE", help="Markdown that the card ends with, such as the data's terms")
    add("-o", "--output", metavar="FOLDER", help="(runs/<name of DATA>-pretrained)")
    options.device(add)
    options.workers(add)
    options.threads(add)


def run(args: Namespace, session: Session) -> int:
    from headstart.job.classes import read_text
    from headstart.job.pretrain import pretrain

    output = args.output or folder.usual(args.data, "-pretrained")
    notes = "" if args.notes is None else read_text("--notes", args.notes, "Markdown")
    found = pretrain(
        asked.options(args, session, output=output),
        network=args.network,
        name=args.name,
        notes=notes,
        hooks=session.hooks(),
    )
    if args.json:
        show.as_json(found.to_dict())
    else:
        _print(found)
    return 0


def _print(found: PretrainedRun) -> None:
    show.out(f"{found.split}: accuracy {show.accuracy(found.score)}")
    show.intake(found.intake, found.folder)
    show.fact("backbone", found.backbone)
    show.fact("next", f"headstart train DATA --backbone {shlex.quote(found.backbone)}")
