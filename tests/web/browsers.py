"""The browsers that people have, as far as this machine has them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.web import chromium, firefox, webkit
from tests.web.driver import Browser

_KINDS: dict[str, tuple[Callable[[], str | None], Callable[[str, Path], Browser]]] = {
    "chromium": (chromium.found, chromium.Chromium),
    "firefox": (firefox.found, firefox.Firefox),
    "webkit": (webkit.found, webkit.WebKit),
}
NAMES = tuple(_KINDS)


# make test asks Chromium alone, to be done in time; make browsers asks all.
TRIED = NAMES if os.environ.get("HEADSTART_BROWSERS") == "all" else ("chromium",)


def found(name: str) -> str | None:
    """The browser's path, where this machine can start it."""
    return _KINDS[name][0]()


def started(name: str, profile: Path) -> Browser:
    """Raises: LookupError, where this machine lacks it."""
    path = found(name)
    if path is None:
        raise LookupError(f"no {name} on this machine")
    return _KINDS[name][1](path, profile)
