"""The words of teach.html: every language has every sentence, with the same placeholders; none is lacking or unused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from headstart.web.page import HERE

FOLDER = HERE / "teach"
WORDS: dict[str, dict[str, Any]] = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
SOURCES = {
    path.name: path.read_text(encoding="utf-8") for path in [*FOLDER.glob("*.js"), FOLDER / "page.html"]
}


def forms(said: Any) -> dict[str, str]:
    return said if isinstance(said, dict) else {"other": said}


def test_the_languages_are_those_that_were_asked_for() -> None:
    assert list(WORDS) == ["en", "de", "es", "fr", "zh"]


@pytest.mark.parametrize("tag", WORDS)
def test_a_language_has_every_sentence_with_the_same_placeholders(tag: str) -> None:
    assert list(WORDS[tag]) == list(WORDS["en"])
    for name, english in WORDS["en"].items():
        assert forms(WORDS[tag][name]).keys() == forms(english).keys(), name
        for form, said in forms(WORDS[tag][name]).items():
            assert said.strip() == said, name
            assert said, name
            wanted = set(re.findall(r"\{(\w+)\}", forms(english)[form]))
            assert set(re.findall(r"\{(\w+)\}", said)) == wanted, (name, form)


def test_every_sentence_is_used_and_every_one_that_is_used_is_there() -> None:
    whole = "\n".join(SOURCES.values())
    asked = set(re.findall(r'\bsay\("(\w+)"', whole)) | set(re.findall(r'data-(?:word|label)="(\w+)"', whole))
    assert asked <= WORDS["en"].keys()
    unused = [name for name in WORDS["en"] if f'"{name}"' not in whole and name != "itself"]
    assert not unused


def test_nothing_is_said_past_the_table() -> None:
    """But for what cannot be in it: the name of the house, and what is said where no script runs."""
    html = re.sub(r"<(head|script|noscript)\b.*?</\1>", "", SOURCES["page.html"], flags=re.DOTALL)
    said = {one.strip() for one in re.sub(r"<[^>]*>", "\n", html).splitlines() if re.search(r"[a-z]{3}", one)}
    assert said == {"headstart", "headstart $version.", "headstart train pictures"}
