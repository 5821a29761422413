"""headstart evaluate: a bundle held against labelled pictures."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import options, show, steps
from headstart.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from headstart.data import Dataset
    from headstart.model import Model

SPLITS = ("train", "val", "test", "held-out", "all")


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "evaluate",
        run,
        "hold a bundle against labelled pictures",
        options.bundle(),
        options.pictures(),
        options.machine(),
    )
    parser.add_argument(
        "--split",
        choices=SPLITS,
        help="which pictures (test, else val, else those held out when the bundle was made, else all)",
    )


def run(args: Namespace) -> int:
    from headstart import assess, model

    loaded = model.load(args.bundle)
    dataset = steps.intake(args, training=False).dataset
    split, index = chosen(loaded, dataset, args.split)
    evaluation = assess.evaluate(loaded, dataset, index, split, how=steps.how(args, loaded.plan))
    if args.json:
        show.as_json(
            {"bundle": args.bundle, "data": args.data, "splits": {evaluation.split: evaluation.to_dict()}}
        )
        return 0
    print(show.score(evaluation) + "\n")
    print(show.classes(evaluation) + "\n")
    print(show.confusion(evaluation))
    return 0


def chosen(model: Model, dataset: Dataset, asked: str | None) -> tuple[str, np.ndarray]:
    """(the split's name, index int64 [M]) of the pictures to evaluate on. Raises DataError."""
    import numpy as np

    splits, drawn = np.array(dataset.splits), model.held_out(dataset)
    there = [name for name in ("test", "val") if (splits == name).any()]
    split = asked or (there[0] if there else "held-out" if len(drawn) else "all")
    if split in ("all", "train"):
        _mention_training(model, dataset)
    if split == "held-out":
        index = drawn
    else:
        index = np.arange(len(dataset)) if split == "all" else np.flatnonzero(splits == split)
    if not len(index):
        found = ", ".join(sorted(set(dataset.splits) - {""})) or "no splits"
        raise DataError(
            f"{dataset.root}: no pictures in the {split} split (it has {found}); choose another --split"
        )
    return split, index


def _mention_training(model: Model, dataset: Dataset) -> None:
    trained_on = model.info["data_fingerprint"]
    if not trained_on:
        progress.say(
            "the bundle does not say which pictures it was trained on: where these are among them, "
            "this is no honest accuracy"
        )
    elif trained_on == dataset.fingerprint:
        progress.say("these pictures include those that the bundle was trained on: no honest accuracy")
