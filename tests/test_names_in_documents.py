"""What ARCHITECTURE, CONTRIBUTING and the decisions name is there: files of the house, and the names in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "src" / "headstart"
NAMED = re.compile(r"`((?:[a-z_]+/)+[a-z_]+)(?:\.(py|[A-Za-z_]+))?(?:\(\))?`")


DECISIONS = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", *DECISIONS])
def test_they_are_there(document: str) -> None:
    lacking = []
    for path, name in NAMED.findall((ROOT / document).read_text(encoding="utf-8")):
        end = name if name in ("md", "toml", "txt") else "py"
        places = [base / f"{path}.{end}" for base in (HOUSE, ROOT)] + [base / path for base in (HOUSE, ROOT)]
        found = next((place for place in places if place.exists()), None)
        text = found.read_text(encoding="utf-8") if found and found.is_file() else ""
        if found is None or (name not in ("", end) and text and not re.search(rf"\b{name}\b", text)):
            lacking.append(f"{path}.{name}")
    assert not lacking
