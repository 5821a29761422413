"""Labelled pictures as a Python program has them, (pictures, labels) or (pictures, labels, groups), as a Listing."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from headstart.data.given import Given, given, name_of
from headstart.data.listing import Listing, Row
from headstart.errors import DataError

NAME = "the pictures given"  # where a folder would be named
_EXPECTED = "expected (pictures, labels) or (pictures, labels, groups)"


def listing(source: Sequence[Any]) -> Listing:
    """The pictures in the order given. Raises DataError that names the first thing which is not as it should be.

    pictures  a sequence as `headstart.data.given.given` takes it
    labels    a string or a whole number for each; a class is called as its label is written
    groups    something hashable for each, equal where pictures belong together; None stands for a group of its own
    """
    pictures, labels, groups = _parts(source)
    meant = given(pictures, keep=True)
    classes = _class_names(_one_each("labels", labels, len(meant)))
    keys = [""] * len(meant) if groups is None else _keys(_one_each("groups", groups, len(meant)))
    found = Listing(rows=list(map(_row, meant, classes, keys)))
    found.settle()
    return found


def _row(picture: str | Given, label: str, group: str) -> Row:
    name = name_of(picture)
    return Row(name, name, label, group=group, held=picture if isinstance(picture, Given) else None)


def check(source: Sequence[Any]) -> None:
    """Raises DataError where it is not two or three things."""
    _parts(source)


def _parts(source: Sequence[Any]) -> tuple[Any, Any, Any]:
    if not isinstance(source, tuple) or len(source) not in (2, 3):
        many = f" of {len(source)}" if isinstance(source, tuple) else ""
        raise DataError(f"source: of type {type(source).__name__}{many}; {_EXPECTED}, or a path")
    pictures, labels, *groups = source
    return pictures, labels, groups[0] if groups else None


def _one_each(what: str, values: Any, count: int) -> list[Any]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise DataError(f"{what}: of type {type(values).__name__}; expected a sequence, one for each picture")
    found = list(values)
    if len(found) != count:
        raise DataError(f"{what}: {len(found)} for {count} pictures; expected one for each")
    return found


def _class_names(labels: Sequence[Any]) -> list[str]:
    kinds: dict[str, bool] = {}
    names = []
    for place, label in enumerate(labels):
        name, text = str(label), isinstance(label, str)
        if not name or not (text or isinstance(label, int | np.integer | np.bool_)):
            raise DataError(
                f"labels[{place}]: {label!r}, of type {type(label).__name__}; expected a string or a whole number"
            )
        if kinds.setdefault(name, text) != text:
            raise DataError(
                f"labels[{place}]: {name} is a string in one place and a number in another; use one of the two"
            )
        names.append(name)
    return names


def _keys(groups: Sequence[Any]) -> list[str]:
    """A key for each picture, "" where it is a group of its own."""
    numbers: dict[Hashable, int] = {}
    keys = []
    for place, group in enumerate(groups):
        if not isinstance(group, Hashable):
            raise DataError(f"groups[{place}]: of type {type(group).__name__}; expected a string or a number")
        alone = group is None or group != group  # not-a-number is how tables say nothing
        keys.append("" if alone else str(numbers.setdefault(group, len(numbers))))
    return keys
