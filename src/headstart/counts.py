"""Things counted, in words: one way to say how many, on the console, in notes and in reports."""

from __future__ import annotations


def plural(number: int, noun: str, many: str = "") -> str:
    """(1, "picture") → "1 picture"; (1797, "picture") → "1,797 pictures"."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def pictures(number: int, groups: int | None = None) -> str:
    """(540, 27) → "540 pictures of 27 groups"; (540, 540) and (540) → "540 pictures"."""
    said = plural(number, "picture")
    return said if groups in (None, number) else f"{said} of {plural(groups, 'group')}"
