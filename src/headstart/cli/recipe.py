"""Flags of gradient training: every value of the recipe, and which stages it reaches."""

from __future__ import annotations

from typing import Any, NamedTuple

from headstart.cli import values
from headstart.cli.options import Parser, group
from headstart.job.options import CHOICES


class _Flag(NamedTuple):
    """A flag of the recipe: what it is for, with its default in {}, and what it takes."""

    help: str
    usual: str
    kind: dict[str, Any]


def _chosen(name: str) -> dict[str, Any]:
    return {"choices": CHOICES[name]}


def _count(least: int, metavar: str = "N") -> dict[str, Any]:
    return {"type": values.whole(least), "metavar": metavar}


def _share(metavar: str = "SHARE", *, open_end: bool = False) -> dict[str, Any]:
    return {"type": values.number(open_end=open_end), "metavar": metavar}


_RECIPE = {
    "epochs": _Flag("passes over the training pictures ({})", "by the number of pictures", _count(1)),
    "lr": _Flag("peak rate for the batch size ({})", "0.001", _share("RATE", open_end=True)),
    "weight_decay": _Flag(
        "added to the gradient with sgd, else decoupled, as in AdamW ({})", "0.05", _share("DECAY")
    ),
    "batch_size": _Flag("pictures in a step ({})", "by the number of pictures", _count(1)),
    "optimizer": _Flag("sgd wants rates some ten times as high ({})", "adamw", _chosen("optimizer")),
    "augment": _Flag(
        "light never mirrors, for digits and signs; colour is crop and changes colours ({})",
        "light",
        _chosen("augment"),
    ),
    "warmup": _Flag("of all steps ({})", "0.1", _share()),
    "label_smoothing": _Flag("of each label, spread over all classes ({})", "0", _share()),
    "cutmix": _Flag("of batches with patches of other pictures ({})", "0", _share()),
    "mixup": _Flag("of batches with pictures blended into each other ({})", "0", _share()),
    "ema": _Flag("running average of the weights, 0 for none ({})", "0", _share("DECAY")),
    "patience": _Flag(
        "epochs without a better score on selection pictures that end it, 0 for never ({})", "0", _count(0)
    ),
    "start_size": _Flag(
        "of the first epochs' pictures, growing to --image-size, 0 for none ({})", "0", _count(0, "PIXELS")
    ),
    "train_precision": _Flag(
        "of training, not of frozen networks; the faster one on this machine ({})",
        "auto",
        _chosen("train_precision"),
    ),
}


def training(*, frozen: bool = True, **defaults: str) -> Parser:
    """The recipe's values; defaults: in words, where they are not the usual ones.

    frozen: whether the verb runs frozen networks too; where not, --precision is the training's.
    """
    parent, add = group("gradient training")
    for name, flag in _RECIPE.items():
        usual = defaults.get(name, flag.usual)
        also = () if frozen or name != "train_precision" else ("--precision",)
        add(f"--{name.replace('_', '-')}", *also, help=flag.help.format(usual), **flag.kind)
    return parent


def loggers() -> Parser:
    """--log"""
    parent, add = group("loggers (metrics.jsonl in any case)")
    add(
        "--log",
        action="append",
        type=values.logger,
        metavar="KIND=PLACE",
        help="write epochs to tensorboard=FOLDER or wandb=PROJECT too; may be repeated",
    )
    return parent


def stages() -> Parser:
    """--freeze-below --lr-scale"""
    parent, add = group("stages that are trained (all, at one rate)")
    add(
        "--freeze-below", metavar="STAGE", help="the first stage that is trained; those before it stay frozen"
    )
    add(
        "--lr-scale",
        nargs="+",
        action="extend",
        type=values.stage_scale,
        metavar="STAGE=FACTOR",
        help="what the rate is multiplied by in a stage; 0 freezes it",
    )
    return parent
