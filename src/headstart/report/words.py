"""Numbers as the report says them."""

from __future__ import annotations

from collections.abc import Sequence

NONE = "–"
_THIN = "\u202f"


def percent(share: float | None, digits: int = 1) -> str:
    """0.9608 → "96.1 %"."""
    return NONE if share is None else f"{100 * share:.{digits}f}{_THIN}%"


def interval(bounds: Sequence[float] | None) -> str:
    """(0.917, 0.982) → "91.7–98.2 %"."""
    return NONE if bounds is None else f"{100 * bounds[0]:.1f}–{100 * bounds[1]:.1f}{_THIN}%"


def count(number: int | None) -> str:
    """1797 → "1,797"."""
    return NONE if number is None else f"{number:,}"


def short(number: int | None) -> str:
    """2223872 → "2.2 M"."""
    if number is None:
        return NONE
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            value = number / size
            return f"{value:.0f}{_THIN}{letter}" if value >= 100 else f"{value:.1f}{_THIN}{letter}"
    return str(number)
