"""What people write for a value: a time, several names, a place for logs. Flags, calls and estimators read it alike."""

from __future__ import annotations

import numbers
import re
from collections.abc import Sequence

from headstart.errors import OptionError

LOGGERS = ("tensorboard", "wandb")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


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


def names(text: str | Sequence[str]) -> tuple[str, ...]:
    """("a", "b") from "a+b", "a,b" or a sequence."""
    return tuple(part.strip() for part in re.split(r"[,+]", text)) if isinstance(text, str) else tuple(text)


def flag(argument: str) -> str:
    """ "--weight-decay" for weight_decay."""
    return f"--{argument.replace('_', '-')}"


def logger(text: str) -> tuple[str, str]:
    """(one of LOGGERS, its place) from tensorboard=FOLDER or wandb=PROJECT. Raises OptionError."""
    kind, _, place = str(text).partition("=")
    if kind not in LOGGERS or not place:
        raise OptionError(f"log {text!r}: expected tensorboard=FOLDER or wandb=PROJECT")
    return kind, place
