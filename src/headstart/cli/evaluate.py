"""headstart evaluate: a bundle held against labelled pictures."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.cli import bundles, options, show, steps
from headstart.counts import pictures
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
        options.pictures(learning=False),
        options.machine(),
    )
    parser.add_argument(
        "--split",
        choices=SPLITS,
        help="which pictures (test, else val, else those held out when the bundle was made, else all)",
    )


def run(args: Namespace) -> int:
    from headstart import assess, model

    with bundles.opened(args.bundle) as bundle:
        loaded = model.load(bundle)
        execution = steps.execution(args, loaded.plan)
        dataset = _of_its_classes(loaded, steps.intake(args, training=False).dataset)
        split, index = chosen(loaded, dataset, args.split)
        evaluation = assess.evaluate(loaded, dataset, index, split, execution=execution)
    learnt = 0 if split == "held-out" else _trained_on(loaded, dataset, index)
    if args.json:
        scores = {evaluation.split: {**evaluation.to_dict(), "trained_on": learnt}}
        show.as_json({"bundle": args.bundle, "data": args.data, "splits": scores})
        return 0
    show.out(show.score(evaluation) + "\n")
    show.out(show.classes(evaluation) + "\n")
    show.out(show.confusion(evaluation))
    return 0


def _of_its_classes(model: Model, dataset: Dataset) -> Dataset:
    """The pictures less those of classes that the bundle was not taught by intent, which is said."""
    aside = [name for name in dataset.classes if name in model.left_out and name not in model.classes]
    if not aside:
        return dataset
    count = sum(int(dataset.counts()[dataset.classes.index(name)]) for name in aside)
    progress.say(
        f"left aside, since the bundle was made without these classes: {pictures(count)} of "
        f"{', '.join(map(repr, aside))}"
    )
    return dataset.without(aside)


def chosen(model: Model, dataset: Dataset, asked: str | None) -> tuple[str, np.ndarray]:
    """(the split's name, index int64 [M]) of the pictures to evaluate on. Raises DataError."""
    import numpy as np

    splits, drawn = np.array(dataset.splits), model.held_out(dataset)
    there = [name for name in ("test", "val") if (splits == name).any()]
    split = asked or (there[0] if there else "held-out" if len(drawn) else "all")
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


def _trained_on(model: Model, dataset: Dataset, index: np.ndarray) -> int | None:
    """How many of the pictures the bundle was trained on, which is said; None where it does not know."""
    known = model.trained_on(dataset)
    if known is None:
        progress.say(
            "the bundle does not say which pictures it was trained on: where these are among them, "
            "this is no honest accuracy"
        )
        return None
    learnt = int(known[index].sum())
    if learnt:
        progress.say(
            f"the bundle was trained on {learnt:,} of these {len(index):,} pictures: no honest accuracy"
        )
    return learnt
