"""Flags of gradient training: every value of the recipe, and which stages it reaches."""

from __future__ import annotations

from typing import Any, NamedTuple

from headstart import written
from headstart.cli import values
from headstart.cli.options import Parser, group
from headstart.job.options import CHOICES
from headstart.planning.meanings import RECIPE
from headstart.planning.recipe import ARGUMENTS


class _Flag(NamedTuple):
    """A flag of the recipe: its default in words, and what it takes."""

    usual: str
    kind: dict[str, Any]


def _chosen(name: str) -> dict[str, Any]:
    return {"choices": CHOICES[name]}


def _count(least: int, metavar: str = "N") -> dict[str, Any]:
    return {"type": values.whole(least), "metavar": metavar}


def _share(metavar: str = "SHARE", *, open_end: bool = False) -> dict[str, Any]:
    return {"type": values.number(open_end=open_end), "metavar": metavar}


_FLAGS = {
    "epochs": _Flag("by the number of pictures", _count(1)),
    "lr": _Flag("0.001", _share("RATE", open_end=True)),
    "weight_decay": _Flag("0.05", _share("DECAY")),
    "batch_size": _Flag("by the number of pictures", _count(1)),
    "optimizer": _Flag("adamw", _chosen("optimizer")),
    "augment": _Flag("light", _chosen("augment")),
    "warmup": _Flag("0.1", _share()),
    "label_smoothing": _Flag("0", _share()),
    "cutmix": _Flag("0", _share()),
    "mixup": _Flag("0", _share()),
    "ema": _Flag("0", _share("DECAY")),
    "patience": _Flag("5", _count(0)),
    "start_size": _Flag("0", _count(0, "PIXELS")),
    "train_precision": _Flag("auto", _chosen("train_precision")),
}


def training(*, frozen: bool = True, **defaults: str) -> Parser:
    """The recipe's values; defaults: in words, where they are not the usual ones.

    frozen: whether the verb runs frozen networks too; where not, --precision is the training's.
    """
    parent, add = group("gradient training")
    for name, flag in _FLAGS.items():
        usual = defaults.get(name, flag.usual)
        also = () if frozen or name != "train_precision" else ("--precision",)
        words = f"{RECIPE[ARGUMENTS[name]].help} ({usual})"
        add(written.flag(name), *also, help=words, **flag.kind)
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
