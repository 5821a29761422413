"""Things counted, in words: one way to say how many and what share, on the console, in notes and in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def plural(number: int, noun: str, many: str = "") -> str:
    """(1, "picture") → "1 picture"; (1797, "picture") → "1,797 pictures"."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def pictures(number: int, groups: int | None = None) -> str:
    """(540, 27) → "540 pictures of 27 groups"; (540, 540) and (540) → "540 pictures"."""
    said = plural(number, "picture")
    return said if groups in (None, number) else f"{said} of {plural(groups, 'group')}"


def percent(share: float, digits: int = 1) -> str:
    """(0.913) → "91.3 %"; (0.913, 0) → "91 %"; what is there and would read as next to nothing → "under 0.1 %"."""
    least = 10.0**-digits
    return f"under {least:g} %" if 0 < 100 * share < least else f"{100 * share:.{digits}f} %"


def first(names: Sequence[str], most: int) -> str:
    """The first of them: "a, b and 3 more"."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
