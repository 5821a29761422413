"""The page that asks the server: for networks that cannot run in a page, and where a token is needed."""

from __future__ import annotations

from headstart.web.page import filled


def asking(version: str) -> str:
    """HTML, the same for every model: it asks the server what it knows, and its user for a token if need be."""
    return filled(
        "asking.html",
        says=("answers", "asking"),
        styles=("tokens.css", "page.css", "asking.css"),
        scripts=("ways.js", "asking.js"),
        may="connect-src 'self'; img-src blob: data:",
        version=version,
    )
