"""classifier.html: what stands in it, and what it does in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.certainty import Certainty
from headstart.certainty.conformal import Sets
from headstart.certainty.familiar import Familiar, similarity
from headstart.data.taxonomy import Taxonomy
from headstart.heads.neighbours import Neighbours
from headstart.model import Model
from headstart.model.decision import Decision, Threshold
from headstart.model.formats import html
from headstart.strangers import plain
from headstart.web import eights, node
from tests.web import chromium
from tests.web.conftest import BROWSER, HOSTILE, LINES, changed, pictures
from tests.web.driver import Browser, quiet
from tests.web.policy import beside_its_own

in_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
_DONE = """new Promise(done => { const look = setInterval(() => {
  const state = document.getElementById('state'), found = document.getElementById('found');
  if (state.classList.contains('fault') || state.hidden && (WANTED || !found.hidden)) { clearInterval(look); done(); }
}, 20); })"""


def test_only_what_the_page_brings_may_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parts = beside_its_own(text)
    assert parts.pop("worker-src") == "blob:"
    assert parts.pop("img-src") == "data:"  # an empty icon, so that no browser asks for one
    assert set(parts.values()) == {"'none'"}
    plain = re.sub('<script type="application/json" id="model">.*', "", text.partition('id="weights"')[0])
    assert not re.search(r"""(src|href)\s*=(?!"data:,">)|https?://|@import|url\(""", plain)


def test_class_names_cannot_end_what_they_stand_in(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "<b>" not in text  # the page's own has a name
    assert text.count("</script>") == 7


@pytest.mark.skipif(node.found() is None, reason="no node on this machine")
def test_answers_are_the_bundles(model: Model, page: Path) -> None:
    given = pictures(6, 1)
    found = node.ask(page.read_text(encoding="utf-8"), given, "pictures")
    expected = model.probabilities(given)
    np.testing.assert_allclose([one["probabilities"] for one in found], expected, atol=2e-3)
    assert [one["called"] for one in found] == expected.argmax(1).tolist()


@pytest.mark.skipif(node.found() is None, reason="no node on this machine")
def test_the_map_is_the_exact_one(model: Model, page: Path) -> None:
    from headstart.explaining.cam import exact
    from headstart.explaining.explained import contrast
    from headstart.explaining.grid import side_of
    from headstart.explaining.subject import Subject

    given = pictures(4, 2)
    prepared = model.backbone.preprocess
    subject, frames = Subject(model), np.stack([prepared.frame(one) for one in given])
    maps = subject.maps(frames)
    p = subject.named(subject.pooled(maps))
    expected = exact(subject, maps, contrast(p, p.argmax(1))).on_grid(side_of(prepared.size)).reshape(4, -1)
    found = [one["map"] for one in node.ask(page.read_text(encoding="utf-8"), given, "pictures")]
    np.testing.assert_allclose(found, expected, atol=5e-3 * np.abs(expected).max())


@pytest.mark.skipif(node.found() is None, reason="no node on this machine")
@pytest.mark.parametrize(("room", "count", "line"), [(10, 10, 0.9), (9, 6, 0.7), (5, None, None)])
def test_strangers_are_told_as_by_the_bundle(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, count: int | None, line: float
) -> None:
    """By all of its pictures; where there is no room, by fewer with their own line; or not at all, with why."""
    monkeypatch.setitem(html.NEIGHBOURS, 16, room * model.width)
    seen = np.concatenate(list(model.features(pictures(10, 3))))
    names = [f"{n}" for n in range(10)]
    near = Neighbours.of(seen, np.zeros(10, np.int64), names, names, [model.width])
    own = changed(model, neighbours=near, certainty=Certainty(familiar=Familiar(0.9, 10, fewer=((6, 0.7),))))
    html.export(own, tmp_path / "page.html")
    given, text = pictures(4, 4), (tmp_path / "page.html").read_text(encoding="utf-8")
    found = [one["similarity"] for one in node.ask(text, given, "pictures")]
    assert ('{"say":"no_room"}' in text) == (count is None)
    assert html.FORMAT.strangers(own, 16) == (count is not None)
    if count is None:
        assert found == [None] * 4
        return
    features = np.concatenate(list(model.features(given)))
    np.testing.assert_allclose(found, similarity(near.at(near.few(count)), features), atol=2e-3)
    assert f'"line":{line}' in text


def test_a_bundle_without_a_line_says_so(page: Path) -> None:
    assert '{"say":"no_line"}' in page.read_text(encoding="utf-8")


@pytest.mark.skipif(node.found() is None, reason="no node on this machine")
def test_weights_in_8_bits_answer_alike(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eights, "FROM", 1_000)
    own, given = hesitant(model, 1.0), pictures(6, 9)
    html.export(own, tmp_path / "page.html")
    half = (tmp_path / "page.html").stat().st_size
    html.export(own, tmp_path / "page.html", 8)
    found = node.ask((tmp_path / "page.html").read_text(encoding="utf-8"), given, "pictures")
    assert (tmp_path / "page.html").stat().st_size < half - 2_000
    np.testing.assert_allclose(
        [one["probabilities"] for one in found], own.probabilities(given), atol=html.ALLOWED[8]
    )
    assert '{"say":"eights"}' in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_rows_in_8_bits_are_within_half_a_step() -> None:
    x = np.random.default_rng(0).normal(size=(3, 400)).astype(np.float16)
    rows, scale = html._in_bytes(x, 0)
    assert rows.dtype == np.int8
    away = np.abs(rows * scale[:, None] - x.astype(np.float32)).max(axis=1)
    assert (away <= scale * 0.501).all()


@pytest.mark.skipif(node.found() is None, reason="no node on this machine")
@pytest.mark.parametrize("kind", ["thresholds", "costs"])
def test_a_decision_holds_in_the_page(model: Model, tmp_path: Path, kind: str) -> None:
    names = model.classes
    decision = (
        Decision(names, (Threshold(names[1], 0.9, 0.01, 0, 1, 10, 0.9),))
        if kind == "thresholds"
        else Decision(names, costs=((0.0, 1.0), (200.0, 0.0)))
    )
    own, given = changed(model, decision=decision), pictures(6, 5)
    html.export(own, tmp_path / "page.html")
    found = node.ask((tmp_path / "page.html").read_text(encoding="utf-8"), given, "pictures")
    assert [one["called"] for one in found] == decision.decide(own.probabilities(given)).tolist()


def hesitant(model: Model, warmth: float) -> Model:
    """The model less sure of itself, with sets and a taxonomy in which both classes are of one kind."""
    tree = Taxonomy(("", "kind", *sorted(model.classes)), (-1, 0, 1, 1))
    certainty = Certainty(warmth, Sets(np.linspace(0, 0.6, 40), 40))
    return changed(model, certainty=certainty, taxonomy=tree, classes=tuple(sorted(model.classes)))


@pytest.mark.skipif(node.found() is None, reason="no node on this machine")
@pytest.mark.parametrize("warmth", [0.5, 4.0, 20.0])
def test_sets_and_coarser_names_are_the_bundles(model: Model, tmp_path: Path, warmth: float) -> None:
    own, given = hesitant(model, warmth), pictures(6, 8)
    assert own.taxonomy is not None
    assert own.certainty.sets is not None
    html.export(own, tmp_path / "page.html")
    found = node.ask((tmp_path / "page.html").read_text(encoding="utf-8"), given, "pictures")
    expected = own.probabilities(given)
    sets = own.certainty.sets.classes(expected, html.COVERAGE)
    nodes, sums = own.taxonomy.certain(expected, html.SURE)
    for one, row, p, at, total in zip(found, sets, expected, nodes, sums, strict=True):
        assert one["among"] == [place for place in (-p).argsort() if row[place]]
        assert one["certain"]["name"] == plain(own.taxonomy.names[at])
        assert one["certain"]["probability"] == pytest.approx(total, abs=2e-3)


@in_browser
def test_sets_and_coarser_names_are_shown(browser: chromium.Chromium, model: Model, tmp_path: Path) -> None:
    html.export(hesitant(model, 40.0), tmp_path / "page.html")
    Image.fromarray(pictures(1, 6)[0]).save(tmp_path / "one.png")
    ready(browser, tmp_path / "page.html", 390)
    choose(browser, tmp_path / "one.png")
    assert text_of(browser, "coarser") == "Only of this is it at least 90\u202f% sure: kind, 100\u202f%."
    assert text_of(browser, "among").startswith("It may be any of these: ")
    assert text_of(browser, "among").endswith("Of 100 such lists, about 90 hold the right class.")
    assert browser.eval("document.getElementById('decided').hidden")


def text_of(browser: Browser, name: str) -> str:
    """What stands in an element; "" where it is hidden."""
    return browser.eval(f"(e => e.hidden ? '' : e.textContent)(document.getElementById('{name}'))")


@in_browser
def test_why_it_is_not_the_likeliest_class_is_said(
    browser: chromium.Chromium, model: Model, tmp_path: Path
) -> None:
    given, own = pictures(1, 6)[0], hesitant(model, 40.0)
    other = own.classes[int(own.probabilities(given)[0].argmin())]
    decision = Decision(own.classes, (Threshold(other, 0.9, 0.02, 0, 1, 10, 0.9),))
    html.export(changed(own, decision=decision), tmp_path / "page.html")
    Image.fromarray(given).save(tmp_path / "one.png")
    ready(browser, tmp_path / "page.html", 390)
    choose(browser, tmp_path / "one.png")
    assert text_of(browser, "called") == plain(other)
    assert (
        text_of(browser, "decided")
        == f"{plain(other)} is the answer from 2\u202f% on, so that few of it are missed."
    )


def choose(browser: Browser, file: Path) -> None:
    """As a user chooses a file; waits for the answer, or the line that says why there is none."""
    browser.give("#file", file)
    browser.eval(_DONE.replace("WANTED", "false"))


def ready(browser: Browser, page: Path, width: int, *, dark: bool = False) -> None:
    browser.open(page, width, dark=dark)
    browser.eval(_DONE.replace("WANTED", "true"))


@in_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_file_is_answered_as_python_answers_it(
    browser: chromium.Chromium, model: Model, page: Path, tmp_path: Path, width: int
) -> None:
    given = pictures(1, 6)[0]
    Image.fromarray(given).save(tmp_path / "one.png")
    ready(browser, page, width)
    choose(browser, tmp_path / "one.png")
    p = model.probabilities(given)[0]
    assert browser.eval("document.getElementById('called').textContent") == plain(HOSTILE[p.argmax()])
    shown = browser.eval("[...document.querySelectorAll('progress')].map(bar => bar.value)")
    np.testing.assert_allclose(shown, np.sort(p)[::-1], atol=2e-3)
    assert (
        browser.eval("document.images.length + document.querySelectorAll('b:not(p > b, #legend > b)').length")
        == 0
    )
    assert browser.eval("document.documentElement.scrollWidth") <= width
    quiet(browser)


@in_browser
def test_a_stranger_is_none_of_these(browser: chromium.Chromium, model: Model, tmp_path: Path) -> None:
    seen = np.concatenate(list(model.features(pictures(4, 3))))
    near = Neighbours.of(-seen, np.zeros(4, np.int64), ["x"] * 4, ["y"] * 4, [model.width])
    html.export(
        changed(model, neighbours=near, certainty=Certainty(familiar=Familiar(0.5, 4))), tmp_path / "p.html"
    )
    given = pictures(1, 3)[0]
    Image.fromarray(given).save(tmp_path / "one.png")
    ready(browser, tmp_path / "p.html", 390)
    choose(browser, tmp_path / "one.png")
    assert browser.eval("document.getElementById('called').textContent") == "none of these"
    nearest = browser.eval("document.querySelector('#strange b').textContent")
    assert nearest == plain(HOSTILE[model.probabilities(given).argmax()])


@in_browser
def test_what_is_no_picture_is_said_in_one_line(
    browser: chromium.Chromium, page: Path, tmp_path: Path
) -> None:
    (tmp_path / "one.png").write_text("no picture", encoding="utf-8")
    ready(browser, page, 390)
    choose(browser, tmp_path / "one.png")
    said = browser.eval("document.getElementById('state').textContent")
    assert said == "This browser cannot read that file as a picture."
    assert browser.eval("document.getElementById('found').hidden")


@in_browser
def test_a_see_through_picture_lies_on_white(
    browser: chromium.Chromium, model: Model, page: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(7)
    given = np.dstack([pictures(1, 7)[0], np.where(rng.random((60, 60)) < 0.5, 0, 255)]).astype(np.uint8)
    Image.fromarray(given, "RGBA").save(tmp_path / "one.png")
    ready(browser, page, 390)
    choose(browser, tmp_path / "one.png")
    shown = browser.eval("[...document.querySelectorAll('progress')].map(bar => bar.value)")
    expected = np.sort(model.probabilities(tmp_path / "one.png")[0])[::-1]
    np.testing.assert_allclose(shown, expected, atol=5e-3)


@in_browser
def test_a_browser_that_calculates_otherwise_is_told(
    browser: chromium.Chromium, page: Path, tmp_path: Path
) -> None:
    text = page.read_text(encoding="utf-8")
    wrong = re.sub(r'"expected":\[[^\]]*\]', '"expected":[0.5,0.1]', text)
    assert wrong != text
    (tmp_path / "wrong.html").write_text(wrong, encoding="utf-8")
    ready(browser, tmp_path / "wrong.html", 390)
    assert "calculates differently" in browser.eval("document.getElementById('state').textContent")


@in_browser
def test_a_browser_that_cannot_unpack_the_numbers_is_told(
    browser: chromium.Chromium, page: Path, tmp_path: Path
) -> None:
    text = page.read_text(encoding="utf-8").replace("typeof DecompressionStream", "typeof NotThere")
    (tmp_path / "old.html").write_text(text, encoding="utf-8")
    ready(browser, tmp_path / "old.html", 390)
    assert "older than 2023" in browser.eval("document.getElementById('state').textContent")


@in_browser
def test_all_is_reached_by_keyboard(browser: chromium.Chromium, page: Path) -> None:
    ready(browser, page, 1280)
    reached = []
    for _ in range(4):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.eval("document.activeElement.id || document.activeElement.tagName"))
    assert reached == ["language", "file", "camera", "SUMMARY"]


@in_browser
def test_a_share_stands_on_one_line(browser: chromium.Chromium, page: Path) -> None:
    browser.open(page, 390)
    browser.until("here('state').hidden")
    browser.eval("(here('found').hidden = false)")
    browser.eval("here('answers').replaceChildren(row('a', 0.999), row('b'.repeat(80), 0.001))")
    assert browser.eval(f"[...document.querySelectorAll('.answers .share')].map({LINES})") == [1, 1]
    assert browser.eval("document.documentElement.scrollWidth") <= 390
