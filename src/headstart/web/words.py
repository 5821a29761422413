"""The words of the pages: one table, words.json, with every sentence in all languages; each page brings its own."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("words.json")
SHARED = "shared"
_PLACE = re.compile(r'<[^<>]*\bdata-word="(\w+)"[^<>]*>(?=</)')
_LABEL = re.compile(r'\bdata-label="(\w+)"')


@cache
def table() -> dict[str, dict[str, Any]]:
    """language → "itself", its name, and section → sentence → its text, or its forms by plural category."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


def of(*sections: str) -> dict[str, dict[str, Any]]:
    """language → sentence → text or forms: what a page brings that says the shared sentences and those of sections."""
    return {
        tag: {"itself": said["itself"]}
        | {k: v for name in (SHARED, *sections) for k, v in said[name].items()}
        for tag, said in table().items()
    }


def text(*sections: str) -> str:
    """The same as JSON. No sentence has markup in it."""
    return json.dumps(of(*sections), ensure_ascii=False, separators=(",", ":"))


def in_english(template: str, *sections: str) -> str:
    """A page's template with its sentences in their places: what is read until its script runs, or where none may."""
    words = {name: html.escape(said) for name, said in of(*sections)["en"].items() if isinstance(said, str)}
    filled = _PLACE.sub(lambda place: place[0] + words[place[1]], template)
    return _LABEL.sub(lambda place: f'{place[0]} aria-label="{words[place[1]]}"', filled)
