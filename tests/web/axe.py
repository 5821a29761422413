"""What axe-core finds on a page. `npm ci --prefix tests/web` brings it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.driver import Browser

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def light_and_dark(test: Callable[..., None]) -> Callable[..., None]:
    """Of a test that looks by axe at a page which is opened so."""
    lacking = pytest.mark.skipif(
        not AXE.is_file(), reason="axe-core is not installed: npm ci --prefix tests/web"
    )
    return lacking(pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])(test))


def serious(browser: Browser) -> None:
    """Nothing serious, on the page as it stands, unfolded."""
    browser.eval("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.eval(AXE.read_text(encoding="utf-8") + "; 0")
    found: list[dict[str, Any]] = browser.eval("axe.run().then(r => r.violations)")
    bad = [
        (one["id"], one["impact"], [node["html"][:160] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not bad, json.dumps(bad, indent=1)
