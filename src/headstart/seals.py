"""JSON that knows whether it is whole: an object that carries the checksum of all its other members.

The checksum is of the values, not of their layout: a file that was only indented anew still holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from headstart.errors import BackboneError, PlanError
from headstart.files import sha256_of

CHECKSUM = "checksum"
# What the values of a damaged file raise where they are read, and where they are used for the first time.
DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    OSError,
    PlanError,
    BackboneError,
)


def sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` as JSON has them (tuples are lists there), with the checksum as the last member."""
    plain = json.loads(json.dumps(dict(values), allow_nan=False))
    return {**plain, CHECKSUM: _sum(plain)}


def opened(text: str) -> dict[str, Any]:
    """The members of a sealed object without its checksum.

    Raises ValueError where the text is no such object, or not as it was sealed.
    """
    return _unsealed(parsed(text))


class Newer(ValueError):
    """A file of a format that this version does not know."""


def versioned(text: str, newest: int, since: int = 2) -> dict[str, Any]:
    """The members of an object with a "format" number, which is sealed from the format `since` on.

    Raises ValueError and LookupError as opened() does, and Newer.
    """
    values = parsed(text)
    written = values["format"]
    if type(written) is not int or written < 1:
        raise ValueError(f"format is {written!r}")
    if written > newest:
        raise Newer(f"format {written} is newer than this version; upgrade headstart")
    return values if written < since else _unsealed(values)


def parsed(text: str) -> dict[str, Any]:
    """The JSON object in `text`. Raises ValueError: no JSON, no object, NaN or infinity, nested without end."""
    try:
        values = json.loads(text, parse_constant=_refused)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError(f"a JSON object was expected, not {type(values).__name__}")
    return values


def reason(error: Exception) -> str:
    """What is wrong with a file, in words that need no Python, of what reading its values raised."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON from line {error.lineno}, column {error.colno} on"
    if isinstance(error, UnicodeDecodeError):
        return "not text in UTF-8"
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    if isinstance(error, LookupError | TypeError | AttributeError | ArithmeticError):
        return "a value in it is of another kind than was written"
    return " ".join(str(error).split())


def _unsealed(values: dict[str, Any]) -> dict[str, Any]:
    checksum = values.pop(CHECKSUM, None)
    if checksum != _sum(values):
        raise ValueError("its checksum is missing" if checksum is None else "its checksum is another")
    return values


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _sum(values: Mapping[str, Any]) -> str:
    return sha256_of(json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False))
