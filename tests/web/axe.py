"""What axe-core finds on a page. `npm ci --prefix tests/web` brings it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.web import chromium

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def serious(browser: chromium.Chromium) -> None:
    """Nothing serious, on the page as it stands."""
    browser.eval(AXE.read_text(encoding="utf-8") + "; 0")
    found: list[dict[str, Any]] = browser.eval("axe.run().then(r => r.violations)")
    bad = [
        (one["id"], one["impact"], [node["html"][:160] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not bad, json.dumps(bad, indent=1)
