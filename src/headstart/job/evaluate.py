"""evaluate(): a classifier held against labelled pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.counts import pictures
from headstart.errors import DataError, OptionError

if TYPE_CHECKING:
    import numpy as np

    from headstart.assess import Evaluation, Sureness
    from headstart.assess.levels import Levels
    from headstart.assess.points import Points
    from headstart.data import Dataset
    from headstart.model import Model
    from headstart.runtime import Execution

SPLITS = ("train", "val", "test", "held-out", "all")


@dataclass(frozen=True, repr=False)
class Evaluated:
    """evaluation; trained_on: how many of its pictures the classifier was trained on, None where it does not know;
    sureness: what its own word of how sure it is is worth on them, None where it was trained on some; points: where the
    model has a decision or experts were named; levels: where it has a taxonomy."""

    evaluation: Evaluation
    trained_on: int | None
    sureness: Sureness | None
    points: Points | None = None
    levels: Levels | None = None

    def __repr__(self) -> str:
        found, (low, high) = self.evaluation, self.evaluation.interval
        told = f"accuracy {found.accuracy:.3f} ({low:.3f} to {high:.3f}), {found.n:,} pictures"
        return f"Evaluated({found.split}: {told})"

    def to_dict(self) -> dict[str, Any]:
        """The split's name → its score, as --json prints it."""
        more = {"certainty": self.sureness, "points": self.points, "levels": self.levels}
        told = {name: found.to_dict() for name, found in more.items() if found}
        return {self.evaluation.split: {**self.evaluation.to_dict(), "trained_on": self.trained_on, **told}}


def evaluate(
    model: Model,
    data: Any,
    *,
    split: str | None = None,
    group_regex: str | None = None,
    max_bad: int | None = None,
    truncated: str = "refuse",
    fix: str | Path | None = None,
    execution: Execution | None = None,
    points: str | Path | None = None,
) -> Evaluated:
    """Holds `model` against the pictures of `data`, as headstart.data.load takes them.

    split: which of them; None is test, else val, else those held out when the model was made, else all. fix: the table
    of `headstart review`, whose corrections are done. points: people beside the curve, FILE or CLASS=FILE. Raises
    DataError, PictureError, and OptionError for a split of no such name.
    """
    from headstart import assess
    from headstart import data as room
    from headstart.assess.levels import levels
    from headstart.data import corrections

    if split is not None and split not in SPLITS:
        raise OptionError(f"split {split!r}: expected one of {', '.join(SPLITS)}")
    workers = execution.workers if execution else 0
    intake = room.load(
        data,
        group_regex=group_regex,
        max_bad=max_bad,
        workers=workers,
        training=False,
        truncated=truncated,
        fix=None if fix is None else corrections.read(fix),
        taxonomy=model.taxonomy,
    )
    dataset = _of_its_classes(model, intake.dataset)
    name, index = choose_split(model, dataset, split)
    evaluation = assess.evaluate(model, dataset, index, name, execution=execution)
    learnt = 0 if name == "held-out" else _count_learnt(model, dataset, index)
    return Evaluated(
        evaluation,
        learnt,
        None if learnt else assess.Sureness.of(evaluation, model.certainty),
        _points(model, evaluation, [dataset.paths[place] for place in index], points, proved=not learnt),
        levels(evaluation, model.taxonomy) if model.taxonomy else None,
    )


def _points(
    model: Model, evaluation: Evaluation, paths: list[str], experts: str | Path | None, *, proved: bool
) -> Points | None:
    """Operating points, where there are such."""
    from headstart.job.points import points

    if model.decision is None and experts is None:
        return None
    return points(evaluation, model.decision, paths, experts=experts, proved=proved)


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


def choose_split(model: Model, dataset: Dataset, asked: str | None) -> tuple[str, np.ndarray]:
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


def _count_learnt(model: Model, dataset: Dataset, index: np.ndarray) -> int | None:
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
            f"the bundle was trained on {learnt:,} of these {len(index):,} pictures: no honest accuracy; how sure it "
            f"is{' and what its decision reaches are' if model.decision else ' is'} told on other pictures alone"
        )
    return learnt
