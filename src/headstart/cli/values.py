"""What flags accept. Each refuses with what it expected; argparse puts the flag's name before it."""

from __future__ import annotations

import ast
import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from headstart import written
from headstart.errors import OptionError


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Accepts whole numbers of at least `least`, and at most `most`."""
    expected = f"of at least {least}" if most is None else f"from {least} to {most}"

    def parse(text: str) -> int:
        if (
            not re.fullmatch(r"[+-]?\d+", text)
            or int(text) < least
            or (most is not None and int(text) > most)
        ):
            raise ArgumentTypeError(f"expected a whole number {expected}, got {text!r}")
        return int(text)

    return parse


def number(*, least: float = 0.0, open_end: bool = False, of: str = "") -> Callable[[str], float]:
    """Accepts finite numbers from `least` on, or above it where the end is open. of: their unit, in the plural."""
    what = f"a number of {of}" if of else "a number"
    expected = f"{what} above {least:g}" if open_end else f"{what} of at least {least:g}"

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ArgumentTypeError(f"expected {expected}, got {text!r}") from None
        if not (least <= value < float("inf")) or (open_end and value == least):
            raise ArgumentTypeError(f"expected {expected}, got {text!r}")
        return value

    return parse


def share(text: str) -> float:
    """A number between 0 and 1, both left out."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise ArgumentTypeError(f"expected a share between 0 and 1, such as 0.9, got {text!r}")
    return value


def duration(text: str) -> float:
    """Seconds from 90s, 10m, 1h, 1h30m or a plain number."""
    try:
        found = written.seconds(text)
    except OptionError:
        raise ArgumentTypeError(f"expected a time such as 90s, 10m or 1h30m, got {text!r}") from None
    assert found is not None
    return found


def names(text: str) -> tuple[str, ...]:
    """Names with commas (or +) between them, each once."""
    found = written.names(text)
    if not all(found) or len(set(found)) < len(found):
        raise ArgumentTypeError(f"expected a name, or different names with commas between, got {text!r}")
    return found


def key_value(text: str) -> tuple[str, Any]:
    """KEY=VALUE as in timm's scripts: a Python literal where it is one, else plain text."""
    key, sign, value = text.partition("=")
    if not sign or not key.isidentifier():
        raise ArgumentTypeError(f"expected KEY=VALUE, got {text!r}")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def device(text: str) -> str:
    """A device by torch's names: cpu, cuda, cuda:1, mps; or auto."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", text):
        raise ArgumentTypeError(f"expected auto, cpu, cuda, cuda:1 or mps, got {text!r}")
    return text


def logger(text: str) -> str:
    """tensorboard=FOLDER or wandb=PROJECT."""
    try:
        written.logger(text)
    except OptionError:
        raise ArgumentTypeError(f"expected tensorboard=FOLDER or wandb=PROJECT, got {text!r}") from None
    return text


def stage_scale(text: str) -> tuple[str, float]:
    """STAGE=FACTOR, the factor 0 or more."""
    stage, sign, factor = text.rpartition("=")
    if not sign or not stage:
        raise ArgumentTypeError(f"expected STAGE=FACTOR, got {text!r}")
    return stage, number()(factor)
