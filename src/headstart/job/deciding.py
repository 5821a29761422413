"""How a class is to be chosen: wanted sensitivities or costs, as they are asked for, and the decision that follows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import progress
from headstart.counts import pictures
from headstart.data.listing import one_spelling
from headstart.errors import DataError, OptionError
from headstart.heads.probe import FEW_PER_CLASS, typical_count
from headstart.job import points
from headstart.job.classes import class_of, table_rows

if TYPE_CHECKING:
    from headstart.data import Dataset
    from headstart.heads.held_out import HeldOut
    from headstart.job.options import Options
    from headstart.job.prepare import Prepared
    from headstart.model import Model
    from headstart.model.decision import Decision, Threshold
    from headstart.training.fit import Fitted

_UNDECIDED = "The classifier has no threshold for the wanted sensitivity: it names the likeliest class."
_COST = ("true", "called", "cost")


def check(options: Options, prepared: Prepared) -> None:
    """Refuses before the training what could not be done after it. Raises DataError, OptionError."""
    classes = prepared.dataset.classes
    asked = wanted(options, classes)
    costs(options.cost, classes)
    if options.points is not None:
        points.check(str(options.points), classes, [*asked])
    train, dataset = prepared.partition.train, prepared.dataset
    typical = typical_count(dataset.labels[train], dataset.groups[train])
    if options.sensitivity and prepared.plan.frozen and typical < FEW_PER_CLASS:
        raise DataError(
            f"sensitivity: the typical class has {typical:g} groups of training pictures, too few to hold any out; "
            f"expected {FEW_PER_CLASS} or more; add pictures, or leave it out"
        )


def wanted(options: Options, classes: Sequence[str]) -> dict[str, float]:
    """Class → wanted sensitivity. Raises OptionError for a class that there is none of, or for all classes."""
    found = {class_of(name, classes, "sensitivity"): share for name, share in options.sensitivity.items()}
    if found and len(found) >= len(classes):
        raise OptionError(
            f"sensitivity: is asked for all {len(classes)} classes; expected fewer, since what reaches no threshold "
            "is called one of the others"
        )
    return found


def costs(given: Any, classes: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    """What each mistake costs, rows for true classes; 1 where nothing is said of it. () where no costs are given.

    given: texts TRUE:CALLED=COST, tables with the columns true, called and cost, or {(true, called): cost}. Raises
    OptionError, DataError.
    """
    if not given:
        return ()
    matrix = 1 - np.eye(len(classes))
    for true, called, cost in _told(given, classes):
        row, column = (classes.index(class_of(name, classes, "cost")) for name in (true, called))
        if row == column and cost:
            raise OptionError(
                f"cost {true}:{called}={cost:g}: a right answer costs nothing; name two classes"
            )
        matrix[row, column] = cost
    return tuple(map(tuple, matrix.tolist()))


def _told(given: Any, classes: Sequence[str]) -> Iterable[tuple[str, str, float]]:
    if isinstance(given, Mapping):
        for pair, cost in given.items():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise OptionError(f"cost {pair!r}: expected (true class, what it is called)")
            yield *map(str, pair), _number(f"cost {pair!r}", cost)  # pyright: ignore[reportReturnType]
        return
    for text in [given] if isinstance(given, str | Path) else given:
        if isinstance(text, Path) or Path(text).is_file() or "=" not in text:
            yield from _table(str(text))
        else:
            yield _pair(text, classes)


def _pair(text: str, classes: Sequence[str]) -> tuple[str, str, float]:
    """The classes and the number of TRUE:CALLED=COST; a class may have colons in its name."""
    names, _, number = text.rpartition("=")
    parts = names.split(":")
    splits = [(":".join(parts[:at]), ":".join(parts[at:])) for at in range(1, len(parts))]
    known = [pair for pair in splits if all(one_spelling(name) in classes for name in pair)]
    if len(known) > 1 or not splits:
        why = "may be read in two ways; list it in a table" if splits else "expected TRUE:CALLED=COST"
        raise OptionError(f"cost {text!r}: {why}")
    return *(known or splits)[0], _number(f"cost {text!r}", number)


def _number(where: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or found < 0:
        raise OptionError(f"{where}: expected a cost of 0 or more")
    return found


def _table(table: str) -> Iterable[tuple[str, str, float]]:
    for number, row in table_rows(table, _COST, "--cost"):
        yield row["true"], row["called"], _number(f"{table}: row {number}", row["cost"])


def decision(options: Options, model: Model, fitted: Fitted, dataset: Dataset) -> Decision | None:
    """What the options ask for, found on held-out training pictures alone; None where they ask for nothing.

    None too where that cannot be done, which is said: what was trained is kept all the same.
    """
    from headstart.model.decision import Decision

    if priced := costs(options.cost, model.classes):
        return Decision(model.classes, costs=priced)
    asked, held = wanted(options, model.classes), fitted.held_out
    if not asked:
        return None
    try:
        return Decision(model.classes, _thresholds(asked, model, held, dataset))
    except DataError as error:
        progress.say(f"{error}. {_UNDECIDED}")
        return None


def undecided(options: Options, model: Model) -> tuple[str, ...]:
    """What is said where a sensitivity was wanted and no threshold could be found."""
    return (_UNDECIDED,) if options.sensitivity and model.decision is None else ()


def _thresholds(
    asked: Mapping[str, float], model: Model, held: HeldOut | None, dataset: Dataset
) -> tuple[Threshold, ...]:
    """Those that are found on too few pictures are told of. Raises DataError."""
    from headstart.assess.thresholds import needed, thresholds

    if held is None:
        raise DataError("sensitivity: no training pictures could be held out; add pictures, or leave it out")
    labels, groups = dataset.labels[held.places], dataset.groups[held.places]
    found = thresholds(asked, model.classes, model.certainty.probabilities(held.log_p), labels, groups)
    for one in found:
        of = len(np.unique(groups[labels == model.classes.index(one.name)]))
        if needed(one.wanted, of) > of:
            progress.say(
                f"sensitivity {one.name}={one.wanted:g}: its {pictures(one.pictures, of)} are too few to be sure of "
                f"that; the threshold is the lowest probability that any of them has"
            )
    return found
