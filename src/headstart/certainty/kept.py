"""What a bundle's `headstart.json` says of certainty, looked at before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headstart.certainty.temperature import FEWEST


def number(values: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """The number under that name. Raises KeyError, and ValueError for what is none or lies outside."""
    found = values[name]
    if type(found) not in (int, float) or not low <= found <= high:
        raise ValueError(f"{name}: {found!r}; expected a number from {low:g} to {high:g}")
    return float(found)


def groups(values: Mapping[str, Any]) -> int:
    """How many groups something was found on. Raises KeyError, ValueError."""
    found = values["groups"]
    if type(found) is not int or found < FEWEST:
        raise ValueError(f"groups: {found!r}; expected a whole number of {FEWEST} or more")
    return found
