"""Operating points of a run or an evaluation: experts are read, curves drawn up, decisions proved."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headstart.data.given import name_of
from headstart.data.listing import one_spelling
from headstart.errors import DataError, OptionError
from headstart.job.classes import class_of, table_rows

if TYPE_CHECKING:
    from headstart.assess import Evaluation
    from headstart.assess.points import Expert, Points
    from headstart.job.run import Run
    from headstart.model.decision import Decision

_SHARES, _ANSWERS = ("name", "sensitivity", "specificity"), ("name", "picture", "answer")


def points(
    evaluation: Evaluation,
    decision: Decision | None,
    paths: Sequence[str],
    *,
    experts: str | Path | None = None,
    asked: Collection[str] = (),
    proved: bool = True,
) -> Points:
    """The curves, with the experts of a table and what the decision reaches.

    paths: what the evaluation's N pictures are called; experts: FILE or CLASS=FILE, see experts_of(); asked: classes
    whose sensitivity was wanted, where the decision does not say. Raises DataError, OptionError.
    """
    from headstart.assess import points as room

    people = {}
    if experts is not None:
        wanted = [one.name for one in decision.thresholds] if decision else [*asked]
        name, table = about(str(experts), evaluation.classes, wanted)
        people = {name: experts_of(table, name, evaluation, paths)}
    return room.points(evaluation, decision, proved=proved, experts=people)


def of_run(run: Run, asked: Collection[str]) -> Points:
    """Those of a run; asked: as in points(). In folds its decision is not proved: it was found on the same pictures."""
    options, pictures = run.prepared.options, run.prepared.dataset.pictures
    return points(
        run.evaluation,
        run.model.decision,
        [name_of(pictures[place]) for place in run.index],
        experts=options.points,
        asked=asked,
        proved=not run.folds,
    )


def check(text: str, classes: Sequence[str], asked: Sequence[str]) -> None:
    """Refuses what points() would, as far as that can be told without pictures. Raises DataError, OptionError."""
    _, table = about(text, classes, asked)
    _rows(table)


def about(text: str, classes: Sequence[str], asked: Sequence[str]) -> tuple[str, str]:
    """(class, table) of FILE or CLASS=FILE: without a class the one whose sensitivity is wanted.

    asked: classes whose sensitivity is wanted. Raises OptionError.
    """
    name, sign, table = text.rpartition("=")
    if sign and not Path(text).is_file():
        return class_of(name, classes, "points"), table
    if len(asked) != 1:
        raise OptionError(f"points {text}: which class is it about? name it: --points CLASS={text}")
    return asked[0], text


def experts_of(table: str, name: str, evaluation: Evaluation, paths: Sequence[str]) -> tuple[Expert, ...]:
    """The experts of a table: name,sensitivity,specificity; or name,picture,answer, counted over these pictures.

    Raises DataError.
    """
    from headstart.assess.points import Expert

    rows = _rows(table)
    if set(_ANSWERS) <= rows[0][1].keys():
        return _counted(table, rows, name, evaluation, paths)
    return tuple(
        Expert(
            row["name"],
            _share(table, number, row["sensitivity"]),
            _share(table, number, row["specificity"]),
        )
        for number, row in rows
    )


def _rows(table: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table of experts of one kind or the other. Raises DataError."""
    rows = table_rows(table, ("name",), "--points")
    if not any(set(kind) <= rows[0][1].keys() for kind in (_ANSWERS, _SHARES)):
        raise DataError(f"{table}: expected the columns {','.join(_SHARES)} or {','.join(_ANSWERS)}")
    return rows


def _share(table: str, number: int, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise DataError(f"{table}: row {number} has {text!r}; expected a share from 0 to 1")
    return found


def _counted(
    table: str,
    rows: list[tuple[int, dict[str, str]]],
    name: str,
    evaluation: Evaluation,
    paths: Sequence[str],
) -> tuple[Expert, ...]:
    """Each expert's shares of the pictures that he or she answered; an answer is a class."""
    from headstart.assess.points import Expert

    places = _places(paths)
    answers: dict[str, list[tuple[bool, bool]]] = {}
    truth = evaluation.labels == evaluation.classes.index(name)
    for number, row in rows:
        place = places.get(os.path.normpath(row["picture"]))
        if place is None:
            raise DataError(
                f"{table}: row {number} is about {row['picture']!r}, which is none of these {len(paths):,} pictures, "
                "or more than one; name pictures as their paths end"
            )
        said = class_of(row["answer"], evaluation.classes, f"{table}: row {number}")
        answers.setdefault(row["name"], []).append((bool(truth[place]), said == name))
    found = []
    for who, given in answers.items():
        true, called = np.array(given).T
        if true.all() or not true.any():
            raise DataError(
                f"{table}: {who!r} answered no picture {'but' if true.all() else 'of'} {name!r}; expected both kinds"
            )
        found.append(Expert(who, float(called[true].mean()), float((~called[~true]).mean())))
    return tuple(found)


def _places(paths: Sequence[str]) -> dict[str, int]:
    """Every way in which a path may end → its place, where only one does."""
    found: dict[str, int] = {}
    twice = set()
    for place, path in enumerate(paths):
        parts = Path(path.replace("!", os.sep)).parts
        for start in range(len(parts)):
            end = os.path.join(*parts[start:])
            if found.setdefault(end, place) != place:
                twice.add(end)
    return {one_spelling(end): place for end, place in found.items() if end not in twice}
