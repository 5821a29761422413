"""Things counted, in words: one way to say how many, on the console, in notes and in reports."""

from __future__ import annotations

import numbers
import re

from headstart.errors import OptionError

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def plural(number: int, noun: str, many: str = "") -> str:
    """(1, "picture") → "1 picture"; (1797, "picture") → "1,797 pictures"."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def pictures(number: int, groups: int | None = None) -> str:
    """(540, 27) → "540 pictures of 27 groups"; (540, 540) and (540) → "540 pictures"."""
    said = plural(number, "picture")
    return said if groups in (None, number) else f"{said} of {plural(groups, 'group')}"


def seconds(limit: float | str | None) -> float | None:
    """Seconds from 90s, 10m, 1h, 1h30m or a plain number. Raises OptionError."""
    if limit is None:
        return None
    text = f"{float(limit):f}" if isinstance(limit, numbers.Real) else str(limit)
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh]?)", text)
    found = sum(float(count) * _SECONDS[unit] for count, unit in parts)
    if "".join(count + unit for count, unit in parts) != text or found <= 0:
        raise OptionError(f"time_limit {limit!r}: expected a time such as 90s, 10m or 1h30m")
    return found
