"""Strangers' text made harmless. Names of files, folders, classes and networks come from anywhere: written out by
someone else's program they could steer a terminal, be run by a spreadsheet, or be taken for markup.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, TypeVar

T = TypeVar("T")

# What spreadsheets take for the start of a formula, the wide forms too; and the mark that makes text of it.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_TEXT = "'"
_SPECIAL = re.compile("[^\x00-\x7e]")  # json escapes what lies below the space
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def plain(text: str) -> str:
    """`text` in one line: what cannot be printed is written out, such as \\x1b, \\n, \\u202e or, for a byte of a file
    name that is no UTF-8, \\udcff."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if printable(c) else ascii(c)[1:-1] for c in text)


def printable(character: str) -> bool:
    """Whether a terminal shows the character and does nothing else; spaces of any width are shown."""
    return character.isprintable() or unicodedata.category(character) == "Zs"


def cell(value: T) -> T | str:
    """A cell of a CSV table: text is plain, and never a formula.

    Text that begins like a formula (= + - @), or with a single quote, gets a single quote before it, so that taking
    off one leading quote gives back the text. Numbers stay numbers, be they text such as "-1".
    """
    if not isinstance(value, str):
        return value
    text = plain(value)
    if text.startswith((*_FORMULA, _TEXT)) and not _NUMBER.fullmatch(text):
        return _TEXT + text
    return text


def uncell(text: str) -> str:
    """The text that cell() made a cell of; what is none of its cells is as it was."""
    return text[1:] if text.startswith(_TEXT) and cell(text[1:]) == text else text


def markdown(text: str) -> str:
    """Text in Markdown: no markup, no table cells, no line breaks."""
    line = plain(" ".join(text.split()))
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#~&" else c for c in line)


def json_text(value: Any, *, encoding: str = "utf-8", indent: int | None = None) -> str:
    """JSON in which letters of any script stand as they are. What `encoding` cannot carry, or a terminal would obey,
    stands as \\u and four digits. Raises ValueError for numbers that JSON has not."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return (
        text
        if text.isascii() and "\x7f" not in text
        else _SPECIAL.sub(lambda f: _escaped(f[0], encoding), text)
    )


def _escaped(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(character)[1:-1]
    if printable(character):
        return character
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
