"""Recipe: how gradient training runs, and the one that fits a set's size."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from headstart.errors import PlanError
from headstart.planning.meanings import AUGMENTS, OPTIMIZERS, PRECISIONS, RECIPE

# (pictures below, steps, batch size): the stairs of BiT-HyperRule (Kolesnikov 2020), at smaller batches.
STAIRS = ((20_000, 500, 32), (500_000, 10_000, 64), (math.inf, 20_000, 128))
FEWEST_EPOCHS, MOST_EPOCHS = 5, 30
SCRATCH_EPOCHS = 2  # from scratch needs more passes


@dataclass(frozen=True)
class Recipe:
    """How gradient training runs, each value with its default. Rates are for the batch size given.

    meanings.RECIPE says what each is for and which values it may have; docs/plan.md shows that as a table.
    """

    epochs: int = 20
    lr: float = 1e-3
    weight_decay: float = 0.05
    batch_size: int = 32
    warmup: float = 0.1
    label_smoothing: float = 0.0
    augment: str = "light"
    ema: float = 0.0
    patience: int = 5
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
    holds = {
        "epochs": recipe.epochs >= 1,
        "batch_size": recipe.batch_size >= 1,
        "lr": 0 < recipe.lr < float("inf"),
        "weight_decay": 0 <= recipe.weight_decay < float("inf"),
        "warmup": 0 <= recipe.warmup < 1,
        "label_smoothing": 0 <= recipe.label_smoothing < 1,
        "ema": 0 <= recipe.ema < 1,
        "patience": recipe.patience >= 0,
        "augment": recipe.augment in AUGMENTS,
        "optimizer": recipe.optimizer in OPTIMIZERS,
        "precision": recipe.precision in PRECISIONS,
        "start_size": recipe.start_size >= 0,
        "cutmix": 0 <= recipe.cutmix <= 1,
        "mixup": recipe.mixup >= 0 and recipe.cutmix + recipe.mixup <= 1,
    }
    for name in (name for name, fits in holds.items() if not fits):
        left = f"0 to {1 - recipe.cutmix:g}, what cutmix leaves"
        expected = left if name == "mixup" else RECIPE[name].allowed
        raise PlanError(f"{where}: {name} is {getattr(recipe, name)!r}; expected {expected}")
    if recipe.start_size > image_size:
        raise PlanError(
            f"{where}: start_size is {recipe.start_size}; expected at most image_size, {image_size}"
        )
