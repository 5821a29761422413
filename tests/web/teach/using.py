"""teach.html as a user uses it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.cli.conftest import COLOURS
from tests.web import chromium

SHAPES = tuple(COLOURS)
IDLE = "!training && !waiting() && helpers.length > 0 && helpers.every((one) => !one.busy)"


def ready(browser: chromium.Chromium, page: Path, width: int = 1280, *, dark: bool = False) -> None:
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


def train(browser: chromium.Chromium) -> None:
    browser.until("!here('train').disabled")
    browser.eval("here('train').click()")
    browser.until("learnt.head && " + IDLE)


def ask(browser: chromium.Chromium, file: Path) -> dict[str, Any]:
    browser.eval("answered = null; 1")
    browser.give("#ask", file)
    browser.until("answered")
    return browser.eval("({ called: here('called').textContent, p: answered.probabilities })")


def saved(browser: chromium.Chromium, button: str, path: Path) -> Path:
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(path.parent))
    browser.eval(f"here({button!r}).click()")
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} was not saved"
        time.sleep(0.05)
    return path


def counts(browser: chromium.Chromium) -> dict[str, int]:
    return dict(browser.eval("state.classes.map(({ name, pictures }) => [name, pictures.length])"))


def quiet(browser: chromium.Chromium) -> None:
    """Nothing was asked for but the page, its worker and its small pictures; nothing failed."""
    asked = {one["request"]["url"].partition(":")[0] for one in browser.told("Network.requestWillBeSent")}
    assert asked <= {"file", "blob"}
    assert not browser.told("Runtime.exceptionThrown")
    assert not browser.told("Log.entryAdded")
