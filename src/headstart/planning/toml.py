"""Plan ↔ TOML. Reading is strict: a key that is unknown, missing or of the wrong type is named."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields
from typing import Any

import tomli_w

from headstart.errors import PlanError
from headstart.planning import meanings
from headstart.planning.plan import Plan, Row
from headstart.planning.recipe import Recipe

_ARTICLES = {"int": "a whole number", "float": "a number", "str": "a string", "tuple": "a list"}


def dumps(plan: Plan) -> str:
    """The plan as commented TOML; `loads` gives back an equal plan."""
    return meanings.header() + tomli_w.dumps(asdict(plan))


def loads(text: str) -> Plan:
    """The plan in `text`. Raises PlanError naming the key: unknown, missing, or of the wrong type.

    Holds it against no network: that is Plan.validate.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"plan: {_spoilt(text, str(error))}") from error
    return _read(Plan, values, "plan")


def _spoilt(text: str, reason: str) -> str:
    """What is wrong with a text that is no TOML, with the line where that shows."""
    place = re.search(r" \(at line (\d+), column \d+\)", reason)
    if place is None:
        return f"not valid TOML ({reason}); mend it, or write the plan anew with `headstart plan`"
    line = text.splitlines()[int(place[1]) - 1].strip()
    said = reason[: place.start()]
    return (
        f"line {place[1]}, {line!r}, is not valid TOML ({said}); expected KEY = VALUE, with strings in quotes"
    )


def _read(kind: type, values: Any, place: str) -> Any:
    """A dataclass of `kind` from a TOML table found at `place`."""
    if not isinstance(values, Mapping):
        raise PlanError(f"{place} is {values!r}; expected a table with the keys {_names(kind)}")
    known = {entry.name: entry for entry in fields(kind)}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}? Known are" if near else "known are"
            raise PlanError(f"{place}: unknown key {key!r}; {hint} {_names(kind)}")
    for key, entry in known.items():
        if key not in values and not _optional(entry):
            raise PlanError(f"{place}: key {key!r} is missing; expected {_ARTICLES[_kind(entry)]}; add it")
    return kind(**{key: _value(known[key], value, f"{place}: {key}") for key, value in values.items()})


def _optional(entry: Field[Any]) -> bool:
    return entry.default is not MISSING or entry.default_factory is not MISSING


def _names(kind: type) -> str:
    return ", ".join(entry.name for entry in fields(kind))


def _kind(entry: Field[Any]) -> str:
    return str(entry.type).partition("[")[0]


def _value(entry: Field[Any], value: Any, place: str) -> Any:
    declared = str(entry.type)
    if declared == "Recipe":
        return _read(Recipe, value, place)
    if declared.startswith("tuple"):
        if not isinstance(value, list):
            raise PlanError(f"{place} is {value!r}; expected a list")
        if "Row" in declared:
            return tuple(_read(Row, row, _row(row, number)) for number, row in enumerate(value, 1))
        kind = "float" if "float" in declared else "str"
        return tuple(_scalar(kind, item, f"{place}[{i}]") for i, item in enumerate(value))
    return _scalar(declared, value, place)


def _row(row: Any, number: int) -> str:
    """What a row is called: by its stage where it names one, else by its number from 1."""
    stage = row.get("stage") if isinstance(row, Mapping) else None
    return f"plan: row {stage!r}" if isinstance(stage, str) else f"plan: row {number}"


def _scalar(declared: str, value: Any, place: str) -> Any:
    """A value of the declared type; whole numbers pass as numbers, true and false as neither."""
    fits = {"int": int, "float": (int, float), "str": str}[declared]
    if isinstance(value, bool) or not isinstance(value, fits):
        raise PlanError(f"{place} is {value!r}; expected {_ARTICLES[declared]}")
    return float(value) if declared == "float" else value
