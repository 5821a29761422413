"""The reference as Markdown: flags from the parser, names from their signatures and docstrings."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import re
from collections.abc import Iterable
from typing import Any

import headstart
from headstart.cli import verbs

ROOMS = [
    "data",
    "backbone",
    "runtime",
    "extraction",
    "evidence",
    "model",
    "assess",
    "study",
    "report",
    "estimators",
]
_CODE = re.compile(r"(`[^`]*`)")
_FIELD = re.compile(r"(\S(?:.{0,28}\S)?)  +(\S.*)")  # a name, two spaces or more, what it means


def command_line() -> str:
    """Every verb with its help."""
    os.environ["COLUMNS"] = "88"
    parser = verbs.parser()
    (subparsers,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    parts = ["# Command line", "", _block(parser.format_help())]
    for name, verb in subparsers.choices.items():
        parts += ["", f"## headstart {name}", "", _block(verb.format_help())]
    return "\n".join(parts) + "\n"


def front_door() -> str:
    """What `import headstart` names."""
    names = [name for name in headstart.__all__ if not name.startswith("__")]
    order = sorted(names, key=lambda name: (inspect.isclass(getattr(headstart, name)), name))
    return "\n".join(
        [
            "# Python",
            "",
            "`import headstart` loads each name when it is first used.",
            *_names(headstart, order),
        ]
    )


def rooms() -> str:
    """What every room names that the front door does not."""
    parts = [
        "# Python: the rooms",
        "",
        "The pieces below, room by room; [the house](../house.md) has the map.",
    ]
    for room in ROOMS:
        module = importlib.import_module(f"headstart.{room}")
        front = {id(getattr(headstart, name)) for name in headstart.__all__}
        own = [
            n for n in module.__all__ if callable(getattr(module, n)) and id(getattr(module, n)) not in front
        ]
        parts += ["", f"## headstart.{room}", "", _prose(module.__doc__ or ""), *_names(module, own, "###")]
    return "\n".join(parts) + "\n"


def _names(module: Any, names: Iterable[str], level: str = "##") -> list[str]:
    parts: list[str] = []
    for name in names:
        value = getattr(module, name)
        parts += [
            "",
            f"{level} {name}",
            "",
            _block(_signature(name, value), "python"),
            "",
            _prose(value.__doc__ or ""),
        ]
        for member, function in _members(value):
            parts += ["", f"**`{member}`**", "", _prose(function.__doc__ or "")]
    return parts


def _members(value: Any) -> list[tuple[str, Any]]:
    """A class's own methods and properties that have something to say, with how they are called."""
    if not inspect.isclass(value):
        return []
    found = []
    for name, member in vars(value).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        found.append((name if isinstance(member, property) else _signature(name, function, 10_000), function))
    return found


def _signature(name: str, value: Any, width: int = 90) -> str:
    """`name(…)` by its signature, a parameter a line where it is long."""
    try:
        signature = inspect.signature(value)
    except ValueError:
        return name
    given = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
    words = [_parameter(one) for one in given]
    kinds = [one.kind for one in given]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        words.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    gives = signature.return_annotation
    end = "" if gives is signature.empty or inspect.isclass(value) else f" -> {gives}"
    line = f"{name}({', '.join(words)}){end}"
    return line if len(line) <= width else f"{name}(\n    " + ",\n    ".join(words) + f",\n){end}"


def _parameter(one: inspect.Parameter) -> str:
    """As it stands in the source; annotations are strings there."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(one.kind, "")
    kind = "" if one.annotation is one.empty else f": {one.annotation}"
    usual = "" if one.default is one.empty else f" = {one.default!r}" if kind else f"={one.default!r}"
    return f"{stars}{one.name}{kind}{usual}"


def _prose(docstring: str) -> str:
    """A docstring as Markdown: paragraphs, and lists of what is called what."""
    return "\n\n".join(_paragraph(part) for part in re.split(r"\n\s*\n", inspect.cleandoc(docstring)))


def _paragraph(text: str) -> str:
    if not _FIELD.match(text.strip()):
        return _plain(text)
    items: list[list[str]] = []
    for line in text.splitlines():
        found = _FIELD.match(line.strip())
        if found:
            items.append([f"- `{found[1]}`:", found[2]])
        else:
            items[-1].append(line)
    return "\n".join(f"{item[0]} {_plain(chr(10).join(item[1:]))}" for item in items)


def _plain(text: str) -> str:
    """On one line, what Markdown would take for marks escaped; `code` stays."""
    pieces = _CODE.split(" ".join(text.split()))
    return "".join(
        p if p.startswith("`") else re.sub(r"([*_\[\]])", r"\\\1", p).replace("<", "&lt;") for p in pieces
    )


def _block(text: str, kind: str = "text") -> str:
    return f"```{kind}\n{text.strip()}\n```"
