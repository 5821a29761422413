"""teach.html as a user uses it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from tests.cli.conftest import COLOURS
from tests.web import chromium
from tests.web.driver import Browser

SHAPES = tuple(COLOURS)
IDLE = "!training && !waiting() && helpers.length > 0 && helpers.every((one) => !one.busy)"


def ready(browser: Browser, page: Path, width: int = 1280, *, dark: bool = False) -> None:
    browser.eval("typeof safe === 'undefined' || (safe = state, 1)")  # a page with unsaved pictures asks back
    browser.open(page, width, dark=dark)
    browser.eval("helpers[0].ready.then(() => 1)")


def drop(browser: chromium.Chromium, at: str, *paths: Path) -> None:
    """As a user drops files and folders onto the element; waits until they were looked at."""
    x, y = browser.eval(
        f"(() => {{ const e = document.querySelector({at!r}); e.scrollIntoView(); const r = e.getBoundingClientRect();"
        "return [r.left + r.width / 2, r.top + 20]; })()"
    )
    before = browser.eval("(fault(''), past.length)")
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
    browser.until(f"past.length > {before} || here('fault').textContent")
    browser.until(IDLE)


def train(browser: Browser) -> None:
    browser.until("!here('train').disabled")
    browser.eval("here('train').click()")
    browser.until("learnt.head && " + IDLE)


def ask(browser: Browser, file: Path) -> dict[str, Any]:
    browser.eval("(answered = null, 1)")
    browser.give("#ask", file)
    browser.until("answered")
    return browser.eval("({ called: here('called').textContent, p: answered.probabilities })")


def saved(browser: Browser, button: str, path: Path) -> Path:
    """What the button saves, moved to the path, whose name is the one that the page gives it."""
    browser.eval(f"here({button!r}).click()")
    made, end, before = browser.downloads / path.name, time.monotonic() + 60, 0
    while not (before and before == made.stat().st_size):  # there, and no longer growing
        assert time.monotonic() < end, f"{path.name} was not saved"
        before = made.stat().st_size if made.exists() else 0
        time.sleep(0.1)
    return Path(shutil.move(made, path))


def counts(browser: Browser) -> dict[str, int]:
    return dict(browser.eval("state.classes.map(({ name, pictures }) => [name, pictures.length])"))
