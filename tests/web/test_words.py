"""The words of the pages: every language has every sentence, with the same placeholders; none is lacking or unused."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

from headstart.model.formats import html
from headstart.web import words
from headstart.web.page import HERE

TABLE = words.table()
SECTIONS = [name for name in TABLE["en"] if name != "itself"]
COMMON = ("words.js", "language.html")
# The files of each page, and the sections that it brings. pictures.js and ways.js say nothing.
PAGES = {
    "classifier": (("page.html", "page.js", *COMMON), ("answers", "classifier")),
    "asking": (("asking.html", "asking.js", *COMMON), ("answers", "asking")),
    "teach": (
        (
            "teach/page.html",
            *(f"teach/{one.name}" for one in (HERE / "teach").glob("*.js")),
            *COMMON,
        ),
        ("teach",),
    ),
}
# What is between a number and its percent sign; thin spaces and wide ones that do not break.
SPACES = {"en": "\u202f", "de": "\u00a0", "es": "\u00a0", "fr": "\u202f", "zh": ""}
BY_PYTHON = {"no_line", "no_room", "no_map", "greys", "costs", "called_from", *html.KEPT_IN.values()} | {
    "network",
    "decoding",
    "measured",
}
BY_TEACH = {"learnt", "held_out"}


def source(name: str) -> str:
    return "\n".join((HERE / file).read_text(encoding="utf-8") for file in PAGES[name][0])


def forms(said: Any) -> dict[str, str]:
    return said if isinstance(said, dict) else {"other": said}


def test_the_languages_are_those_that_were_asked_for() -> None:
    assert list(TABLE) == ["en", "de", "es", "fr", "zh"]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("tag", TABLE)
def test_a_language_has_every_sentence_with_the_same_placeholders(tag: str, section: str) -> None:
    own, english = TABLE[tag][section], TABLE["en"][section]
    assert list(own) == list(english)
    for name in english:
        assert forms(own[name]).keys() == forms(english[name]).keys(), name
        for form, said in forms(own[name]).items():
            assert said.strip() == said, name
            assert said, name
            wanted = set(re.findall(r"\{(\w+)\}", forms(english[name])[form]))
            assert set(re.findall(r"\{(\w+)\}", said)) == wanted, (name, form)


@pytest.mark.parametrize("tag", [tag for tag in TABLE if tag != "en"])
def test_nothing_was_left_in_english(tag: str) -> None:
    same = [
        name
        for section in SECTIONS
        for name, said in TABLE[tag][section].items()
        if said == TABLE["en"][section][name] and len(str(said)) > len("{n} / {of}")
    ]
    assert same == []


@pytest.mark.parametrize("tag", TABLE)
def test_a_percent_sign_stands_as_the_language_has_it(tag: str) -> None:
    """As percent() of words.js writes shares; "95-%-Intervall" is one word."""
    said = " ".join(
        text for name in SECTIONS for one in TABLE[tag][name].values() for text in forms(one).values()
    )
    assert set(re.findall(r"[\d}]([^\d]?)%", said)) <= {SPACES[tag], "-"}


@pytest.mark.parametrize("name", PAGES)
def test_every_sentence_that_a_page_says_is_brought_along(name: str) -> None:
    whole, brought = source(name), words.of(*PAGES[name][1])["en"]
    asked = re.findall(r'\b(?:say|parts|working|reword|fault)\((?:here\([^)]*\), )?"(\w+)"', whole)
    assert set(asked) | set(re.findall(r'data-(?:word|label)="(\w+)"', whole)) <= brought.keys()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_sentence_is_used_by_each_page_that_brings_it(section: str) -> None:
    """But for shared ones, which two of three pages say."""
    pages = [name for name, (_, says) in PAGES.items() if section in says or section == words.SHARED]
    for sentence in TABLE["en"][section]:
        saying = [name for name in pages if said_by(name, sentence)]
        assert len(saying) >= min(2, len(pages)), sentence


def said_by(page: str, sentence: str) -> bool:
    elsewhere = BY_PYTHON | BY_TEACH if page == "classifier" else set()
    return f'"{sentence}"' in source(page) or sentence in elsewhere


def test_a_sentence_stands_in_one_section_that_a_page_brings() -> None:
    for _, says in PAGES.values():
        for one, other in combinations((words.SHARED, *says), 2):
            assert not TABLE["en"][one].keys() & TABLE["en"][other].keys()


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("page.html", {"headstart", "headstart $version."}),
        ("asking.html", {"headstart", "headstart $version.", "/v1/predict"}),
        ("teach/page.html", {"headstart", "headstart $version.", "headstart train pictures"}),
        ("language.html", set()),
    ],
)
def test_no_template_says_anything_past_the_table(name: str, named: set[str]) -> None:
    """But for what cannot be in it: names, and what is said where no script runs."""
    template = (HERE / name).read_text(encoding="utf-8")
    body = re.sub(r"<(head|script|noscript)\b.*?</\1>", "", template, flags=re.DOTALL)
    said = {one.strip() for one in re.sub(r"<[^>]*>", "\n", body).splitlines()}
    assert {one for one in said if re.search(r"[a-z]{3}", one) and not one.startswith("$")} == named
    assert 'aria-label="' not in template


@pytest.mark.parametrize("name", PAGES)
def test_no_script_says_anything_past_the_table(name: str) -> None:
    """A sentence has words with spaces between; of the scripts' own texts none has three."""
    files = [one for one in PAGES[name][0] if one.endswith(".js")]
    code = "\n".join(re.sub(r"(?m)//.*$|use strict", "", (HERE / one).read_text("utf-8")) for one in files)
    texts = re.findall(r'"([^"\n]*)"|`([^`]*)`', code)
    assert not [
        text for pair in texts for text in pair if re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", text)
    ]


def test_english_stands_where_no_script_runs() -> None:
    filled = words.in_english(
        '<p data-word="question"></p><b data-label="answer" hidden></b>', "answers", "classifier"
    )
    assert filled == (
        '<p data-word="question">What is in the picture?</p><b data-label="answer" aria-label="The answer" hidden></b>'
    )
