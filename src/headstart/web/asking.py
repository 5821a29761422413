"""The page that asks the server: for networks that cannot run in a page, and where a token is needed."""

from __future__ import annotations

from string import Template

from headstart.web.page import script_hash, source


def asking(version: str) -> str:
    """HTML, the same for every model: it asks the server what it knows, and its user for a token if need be."""
    style, script = source("tokens.css", "page.css", "asking.css"), source("percent.js", "asking.js")
    return Template(source("asking.html")).substitute(
        version=version,
        style=style,
        style_hash=script_hash(style),
        script=script,
        script_hash=script_hash(script),
    )
