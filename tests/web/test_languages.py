"""The pages in a browser that asks for another language: no sentence is left in English, and nothing overflows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart.certainty import Certainty
from headstart.certainty.conformal import Sets
from headstart.certainty.familiar import Familiar
from headstart.data.taxonomy import Taxonomy
from headstart.heads.neighbours import Neighbours
from headstart.model import Model
from headstart.model.decision import Decision, Threshold
from headstart.model.formats import html
from headstart.web import words
from headstart.web.asking import asking
from tests.web import chromium
from tests.web.axe import AXE, serious
from tests.web.conftest import BROWSER, changed, pictures
from tests.web.test_classifier import choose, quiet, ready

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
LANGUAGES = tuple(words.table())
NAMES = ("\u7532", "\u4e59")  # of classes: no language of words has them
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{3,}")
SAID = """[...document.querySelectorAll('body *')]
  .filter(e => e.checkVisibility() && !e.closest('select, script, noscript'))
  .flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data)
    .concat(e.getAttribute('aria-label') || [], e.title || []))
  .concat(document.title).map(s => s.trim()).filter(Boolean)"""
# What the server would say, path by path.
SERVER = {
    "/v1/model": {
        "classes": NAMES,
        "backbone": "vgg16",
        "image_size": 224,
        "measured": {"val": {"accuracy": 0.9, "n": 153, "interval": [0.8, 0.95]}},
        "certainty": {"least_similarity": None},
        "limits": {"body": 64e6, "pixels": 1e8, "pictures": 256, "seconds": 60},
    },
    "/v1/predict": {
        "predictions": [
            {
                "path": "0",
                "label": NAMES[0],
                "out_of_place": True,
                "top": [{"label": NAMES[0], "confidence": 1}],
            }
        ],
        "left_out": [
            {"path": str(n), "reason": reason}
            for n, reason in enumerate(("not a picture", "truncated", "empty file", "corrupt: x", "else"), 1)
        ],
    },
}


@pytest.fixture(scope="module", params=[tag for tag in LANGUAGES if tag != "en"])
def spoken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """(the language, a browser that asks for it)"""
    assert BROWSER
    opened = chromium.Chromium(BROWSER, tmp_path_factory.mktemp("chromium"), f"--accept-lang={request.param}")
    yield request.param, opened
    opened.close()


@pytest.fixture(scope="module")
def rich(model: Model) -> Model:
    """With all that the page can speak of: sets, a taxonomy, a wanted sensitivity, strangers."""
    names = model.classes
    tree = Taxonomy(("", "kind", *NAMES), (-1, 0, 1, 1))
    near = Neighbours.of(
        np.concatenate(list(model.features(pictures(4, 3)))),
        np.zeros(4, int),
        names * 2,
        names * 2,
        [model.width],
    )
    certainty = Certainty(40.0, Sets(np.linspace(0, 0.6, 40), 40), Familiar(-1.0, 40))
    decision = Decision(NAMES, tuple(Threshold(name, 0.9, 0.02, 0, 1, 10, 0.9) for name in NAMES[1:]))
    return changed(
        model, classes=NAMES, taxonomy=tree, neighbours=near, certainty=certainty, decision=decision
    )


def in_english(browser: chromium.Chromium, tag: str, *sections: str) -> list[str]:
    """What is seen or read out that has a word of three letters or more which the page's own sentences lack."""
    own = json.dumps(words.of(*sections)[tag], ensure_ascii=False)
    known = set(_WORD.findall(own)) | {
        "headstart",
        "predict",
        "kind",
        "val",
        "vgg",
        "demo",
        "cnn",
    }
    said = browser.eval(SAID)
    assert said
    return [text for text in said if set(_WORD.findall(text)) - known and not text.endswith(".png")]


def test_no_english_is_left_in_the_classifier(spoken: Any, rich: Model, tmp_path: Path) -> None:
    tag, browser = spoken
    Image.fromarray(pictures(1, 6)[0]).save(tmp_path / "one.png")
    (tmp_path / "none.png").write_text("no picture", encoding="utf-8")
    strange = replace(rich.certainty, familiar=Familiar(1.0, 40))
    for number, one in enumerate((rich, changed(rich, certainty=strange, decision=None))):
        html.export(one, tmp_path / f"{number}.html")
        for width in (390, 1280):
            ready(browser, tmp_path / f"{number}.html", width)
            assert browser.eval("document.documentElement.lang") == tag
            assert browser.eval("here('language').value") == tag
            choose(browser, tmp_path / "one.png")
            browser.eval("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert in_english(browser, tag, "answers", "classifier") == []
            if AXE.is_file():
                serious(browser)
            choose(browser, tmp_path / "none.png")
            assert in_english(browser, tag, "answers", "classifier") == []
            assert browser.eval("document.documentElement.scrollWidth") <= width
            quiet(browser)


def test_the_reader_chooses_another_language(spoken: Any, rich: Model, tmp_path: Path) -> None:
    """And what is shown is said anew, errors too."""
    tag, browser = spoken
    html.export(rich, tmp_path / "page.html")
    Image.fromarray(pictures(1, 6)[0]).save(tmp_path / "one.png")
    ready(browser, tmp_path / "page.html", 390)
    choose(browser, tmp_path / "one.png")
    browser.eval("fault('other_numbers')")
    before = browser.eval(SAID)
    for other in (*LANGUAGES, tag):
        browser.eval(
            f"here('language').value = {other!r}; here('language').dispatchEvent(new Event('change'))"
        )
        assert browser.eval("document.documentElement.lang") == other
        assert in_english(browser, other, "answers", "classifier") == []
    assert browser.eval(SAID) == before


@pytest.mark.parametrize("width", [390, 1280])
def test_no_english_is_left_where_the_server_is_asked(spoken: Any, tmp_path: Path, width: int) -> None:
    tag, browser = spoken
    (tmp_path / "page.html").write_text(asking("0.0"), encoding="utf-8")
    browser.open(tmp_path / "page.html", width)
    browser.until("!here('state').hidden")  # no server answers a file
    assert in_english(browser, tag, "answers", "asking") == []
    browser.eval("here('key').hidden = false")
    assert in_english(browser, tag, "answers", "asking") == []
    browser.eval(
        f"""(window.fetch = async path => Response.json({json.dumps(SERVER)}[path.split('?')[0]]), begin())"""
    )
    browser.until("!here('ask').hidden")
    files = ", ".join(f"new File(['x'], '{n}.png')" for n in range(6))
    browser.eval(f"look([{files}])")
    browser.eval("document.querySelectorAll('details').forEach(d => d.open = true)")
    for status in (401, 408, 413, 422, 500, 503, 504):
        told = json.dumps({"detail": "English of the server's", "left_out": [{"path": "0", "reason": "x"}]})
        browser.eval(f"""(window.fetch = async () => new Response({told!r}, {{status: {status}}}),
          asked('/v1/predict').catch((error) => fault(error.message, error.values)))""")
        assert in_english(browser, tag, "answers", "asking") == [], status
        assert not re.search(r"undefined|NaN|\{\w+\}", browser.eval("here('state').textContent"))
    assert browser.eval("document.documentElement.scrollWidth") <= width
    if AXE.is_file():
        serious(browser)


def test_what_teach_saves_speaks_as_its_reader(spoken: Any, tmp_path: Path) -> None:
    """The page that it makes is a classifier.html, with all words of one."""
    tag, browser = spoken
    headstart.teach("demo-cnn", tmp_path / "teach.html")
    browser.open(tmp_path / "teach.html", 390)
    browser.eval("helpers[0].ready.then(() => 1)")
    assert browser.eval("state.classes[0].name") == words.of("teach")[tag]["class_n"].format(n=1)
    assert in_english(browser, tag, "teach") == []
    if AXE.is_file():
        serious(browser)
    pieces = browser.eval("JSON.parse(here('template').textContent)")
    brought = json.loads(pieces[0].partition('id="words">')[2].partition("</script>")[0])
    assert brought == words.of("answers", "classifier")


def test_empty_classes_that_the_page_has_named_are_named_anew(
    browser: chromium.Chromium, tmp_path: Path
) -> None:
    headstart.teach("demo-cnn", tmp_path / "teach.html")
    browser.open(tmp_path / "teach.html", 390)
    browser.eval("helpers[0].ready.then(() => rename(state.classes[1].id, 'Rose'))")
    browser.eval("here('language').value = 'de'; here('language').dispatchEvent(new Event('change'))")
    assert browser.eval("state.classes.map(({ name }) => name)") == ["Klasse 1", "Rose"]


def test_a_language_that_nobody_speaks_here_is_answered_in_english(
    page: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The first of those that are asked for which the page has; else English."""
    assert BROWSER
    for asked, tag in (("sv,fi", "en"), ("sv,fr-CA,de", "fr"), ("zh-TW", "zh"), ("en-US,de", "en")):
        opened = chromium.Chromium(BROWSER, tmp_path_factory.mktemp("chromium"), f"--accept-lang={asked}")
        opened.open(page, 390)
        assert opened.eval("document.documentElement.lang") == tag
        opened.close()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_shares_are_written_as_the_language_has_them(
    browser: chromium.Chromium, page: Path, tag: str
) -> None:
    """As the sentences do: tests/web/test_words.py."""
    from tests.web.test_words import SPACES

    space = SPACES[tag]
    browser.open(page, 390)
    found = browser.eval(
        f"(language = {tag!r}, [0, 0.001, 0.004999, 0.005, 0.0951, 0.96, 0.9951, 1].map(percent))"
    )
    numbers = ["0", "<\u00a01", "<\u00a01", "1", "10", "96", ">\u00a099", "100"]
    assert found == [f"{number}{space}%" for number in numbers]


@pytest.mark.parametrize(("tag", "point"), [("en", "."), ("de", ",")])
def test_a_threshold_has_as_many_digits_as_it_needs(
    browser: chromium.Chromium, page: Path, tag: str, point: str
) -> None:
    from tests.web.test_words import SPACES

    browser.open(page, 390)
    found = browser.eval(f"(language = {tag!r}, [0.0004, 0.024, 0.5, 0.9991].map(limit))")
    numbers = [one.replace(".", point) for one in ("0.04", "2.4", "50", "99.9")]
    assert found == [f"{number}{SPACES[tag]}%" for number in numbers]
