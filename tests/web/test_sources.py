"""Scripts of a page are one text: of two functions of one name the first would silently be the second."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from headstart.web import teaching
from headstart.web.page import ENGINE, source

TEXTS = {
    "classifier's worker": (*ENGINE, "turns.js", "worker.js"),
    "classifier.html": ("words.js", "ways.js", "pictures.js", "page.js"),
    "teach's worker": (*ENGINE, *teaching._SOLVER, "turns.js", "teach/ear.js"),
    "teach.html": ("words.js", *teaching._SCRIPT),
    "the asking page": ("words.js", "ways.js", "asking.js"),
}


@pytest.mark.parametrize("text", TEXTS)
def test_no_name_is_given_twice(text: str) -> None:
    lines = re.findall(
        r"^(?:async )?(?:function\*?|class|const|let) (\w+.*)", source(*TEXTS[text]), re.MULTILINE
    )
    named = [name for line in lines for name in re.findall(r"^\w+|(?<=, )[A-Z]+(?= = )", line)]
    assert [name for name, times in Counter(named).items() if times > 1] == []
