"""Recipe: how gradient training runs, and the one that fits a set's size."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from headstart.errors import PlanError

AUGMENTS = ("none", "light", "crop", "colour")
OPTIMIZERS = ("adamw", "sgd", "muon")
PRECISIONS = ("auto", "fp32", "bf16")
# (pictures below, steps, batch size): the stairs of BiT-HyperRule (Kolesnikov 2020), at smaller batches.
STAIRS = ((20_000, 500, 32), (500_000, 10_000, 64), (math.inf, 20_000, 128))
FEWEST_EPOCHS, MOST_EPOCHS = 5, 30
SCRATCH_EPOCHS = 2  # from scratch needs more passes


@dataclass(frozen=True)
class Recipe:
    """How gradient training runs. Rates are for the batch size given.

    epochs; lr (peak rate for rows with scale 1, and for the head); weight_decay; batch_size;
    warmup (share of all steps); label_smoothing in [0, 1); augment ("none", "light", "crop", "colour");
    ema (decay per step, 0 for none); patience (epochs without a better selection score, 0 = never stop early);
    optimizer ("adamw"; "sgd", which wants ten times its rate and a decay of 1e-4; "muon");
    precision ("fp32", or "bf16": layers compute in bfloat16, weights stay float32; "auto": the faster one, by a short
    timing before the first step);
    start_size (pixels that the first epochs are trained at, growing to the plan's image_size; 0 = no growth);
    cutmix (share of the batches in which every picture gets a patch of another, and its label's share with it);
    mixup (share of the batches in which every picture is blended with another, and its label with the other's)
    """

    epochs: int = 20
    lr: float = 1e-3
    weight_decay: float = 0.05
    batch_size: int = 32
    warmup: float = 0.1
    label_smoothing: float = 0.0
    augment: str = "light"
    ema: float = 0.0
    patience: int = 0
    optimizer: str = "adamw"
    precision: str = "auto"
    start_size: int = 0
    cutmix: float = 0.0
    mixup: float = 0.0


# Argument → value of a recipe: all have one name, but for training's precision beside that of the frozen network.
ARGUMENTS = {
    "train_precision" if entry.name == "precision" else entry.name: entry.name for entry in fields(Recipe)
}


def default_recipe(n: int, *, scratch: bool = False) -> Recipe:
    """Epochs so that the steps fit the set's size, within bounds; more from scratch."""
    steps, batch = next((steps, batch) for below, steps, batch in STAIRS if n < below)
    epochs = min(MOST_EPOCHS, max(FEWEST_EPOCHS, math.ceil(steps * batch / max(n, 1))))
    return Recipe(epochs=epochs * SCRATCH_EPOCHS if scratch else epochs, batch_size=batch)


def overruled(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with `changes`; None changes nothing. Raises PlanError for a field that it does not have."""
    known = [entry.name for entry in fields(Recipe)]
    for name in changes:
        if name not in known:
            raise PlanError(f"recipe: {name!r} is not one of its values: {', '.join(known)}")
    return replace(recipe, **{name: _plain(name, v) for name, v in changes.items() if v is not None})


def _plain(name: str, value: Any) -> Any:
    """The value as TOML has it, numpy's numbers too. Raises PlanError where it is of another kind."""
    kind = str(Recipe.__dataclass_fields__[name].type)
    try:
        if isinstance(value, bool):
            raise TypeError
        if kind == "int":
            return operator.index(value)
        if isinstance(value, str) != (kind == "str"):
            raise TypeError
        return value if kind == "str" else float(value)
    except TypeError:
        expected = {"int": "a whole number", "float": "a number", "str": "a word"}[kind]
        raise PlanError(f"recipe: {name} is {value!r}; expected {expected}") from None


def check_recipe(recipe: Recipe, image_size: int, where: str = "plan: recipe") -> None:
    """Raises PlanError naming the value that lies outside its range; `where` stands before it."""
    ranges = {
        "epochs": (recipe.epochs >= 1, "1 or more"),
        "batch_size": (recipe.batch_size >= 1, "1 or more"),
        "lr": (0 < recipe.lr < float("inf"), "a number above 0"),
        "weight_decay": (0 <= recipe.weight_decay < float("inf"), "0 or more"),
        "warmup": (0 <= recipe.warmup < 1, "0 or more, below 1"),
        "label_smoothing": (0 <= recipe.label_smoothing < 1, "0 or more, below 1"),
        "ema": (0 <= recipe.ema < 1, "0 or more, below 1"),
        "patience": (recipe.patience >= 0, "0 or more"),
        "augment": (recipe.augment in AUGMENTS, f"one of {', '.join(AUGMENTS)}"),
        "optimizer": (recipe.optimizer in OPTIMIZERS, f"one of {', '.join(OPTIMIZERS)}"),
        "precision": (recipe.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}"),
        "start_size": (recipe.start_size >= 0, "0 or more"),
        "cutmix": (0 <= recipe.cutmix <= 1, "0 to 1"),
        "mixup": (
            recipe.mixup >= 0 and recipe.cutmix + recipe.mixup <= 1,
            f"0 to {1 - recipe.cutmix:g}, what cutmix leaves",
        ),
    }
    for name, (holds, expected) in ranges.items():
        if not holds:
            raise PlanError(f"{where}: {name} is {getattr(recipe, name)!r}; expected {expected}")
    if recipe.start_size > image_size:
        raise PlanError(
            f"{where}: start_size is {recipe.start_size}; expected at most image_size, {image_size}"
        )
