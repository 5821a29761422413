"""The page: one HTML file with everything in it; no request, and no script but its own."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from headstart.web import words

HERE = Path(__file__).parent
ENGINE = ("operations.js", "engine.js", "shaders.js", "gpu.js", "chooser.js", "prepare.js", "answer.js")


def source(*names: str) -> str:
    """The text of files of this folder, one after the other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def page(model: Mapping[str, Any] | str, weights: str, version: str) -> str:
    """model: what page.js and the engine read; weights: Blob.text()."""
    return filled(
        "page.html",
        says=("answers", "classifier"),
        styles=("tokens.css", "page.css"),
        scripts=("ways.js", "pictures.js", "page.js"),
        may="worker-src blob:; img-src data:",
        version=version,
        model=inert(model),
        weights=weights,
        engine=source(*ENGINE),
        ear=source("turns.js", "worker.js"),
    )


def filled(
    name: str, *, says: Sequence[str], styles: Sequence[str], scripts: Sequence[str], may: str, **parts: str
) -> str:
    """A page of this folder with what all have: a chooser of the language and the words, which are read first, and a
    policy by which only these styles and scripts may run.

    says: sections of words.json; may: what else the policy allows; parts: what the page has places for.
    """
    style, speaks, script = source(*styles, "language.css"), source("words.js"), source(*scripts)
    common = {
        "head": _with("head.html", scripts=_hashes(speaks, script), styles=_hashes(style), may=may),
        "language": words.in_english(source("language.html"), *says).strip(),
        "words": _with("words.html", words=words.text(*says), speaks=speaks).strip(),
    }
    template = words.in_english(source(name), *says)
    return Template(template).substitute(common, style=style, script=script, **parts)


def _with(name: str, **parts: str) -> str:
    return Template(source(name)).substitute(parts)


def inert(values: Any) -> str:
    """JSON that no class name can end or open markup in."""
    return json.dumps(values, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _hashes(*texts: str) -> str:
    return " ".join(f"'sha256-{script_hash(text)}'" for text in texts)


def script_hash(text: str) -> str:
    """What a Content-Security-Policy knows a script or a style by, behind "sha256-"."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
