"""The report in a real browser: nothing overflows, nothing is asked for, nothing fails, and axe finds nothing serious.

`npm ci --prefix tests/web` brings axe-core; without it, or without Chromium, these tests are skipped.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headstart.report import confusion, write
from headstart.report.contents import Judged, examples
from headstart.report.embedding import Embedding
from headstart.report.sprite import sprite
from tests.report import sample
from tests.web import chromium
from tests.web.axe import light_and_dark, serious
from tests.web.conftest import BROWSER

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
WIDE = """[...document.querySelectorAll('body *')].filter(e => {
  const r = e.getBoundingClientRect();
  if (!r.width || r.right <= innerWidth + 1) return false;
  for (let p = e; p; p = p.parentElement) {
    if (['auto', 'hidden', 'scroll'].includes(getComputedStyle(p).overflowX) && p !== document.body) return false;
  }
  return true;
}).map(e => e.tagName + '.' + (e.className.baseVal ?? e.className))"""
# What the map tells when its first picture is pointed at, and how its box is shown.
POINTED = """(() => {
  const box = document.querySelector('.map-panel'), svg = box.querySelector('svg');
  const [x, y] = box.dataset.at.split(' ').map(Number), r = svg.getBoundingClientRect(), u = r.width / 560;
  const at = {clientX: r.left + x * u, clientY: r.top + y * u, bubbles: true};
  box.dispatchEvent(new PointerEvent('pointermove', at));
  const [told, tip] = ['.map-said', '.map-tip'].map(one => document.querySelector(one));
  return [told.textContent, getComputedStyle(tip).display];
})()"""
# What it tells at each key.
WALKED = """(() => {
  const [map, box, told] = ['.map', '.map-panel', '.map-said'].map(one => document.querySelector(one));
  const said = [];
  box.focus();
  for (const key of ['ArrowRight', 'Enter', 'Enter', 'Escape']) {
    box.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
    said.push(map.classList.contains('on') && told.textContent);
  }
  return said;
})()"""


def embedding(classes: tuple[str, ...], n: int = 300) -> Embedding:
    draw = np.random.default_rng(0)
    labels = np.arange(n) % len(classes)
    predictions = np.where(draw.random(n) < 0.5, -1, np.where(draw.random(n) < 0.8, labels, 0))
    tiles = draw.integers(0, 255, (n, 24, 24, 3), dtype=np.uint8)
    names = tuple(f"<b>{i}</b>.png" for i in range(n))
    places = draw.random((n, 2)).astype(np.float32)
    return Embedding(classes, names, labels, predictions, places, places[::-1], "t-SNE", sprite(tiles))


@pytest.fixture(scope="module", params=[2, 10, 43, 200])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with everything in it."""
    folder = tmp_path_factory.mktemp("page")
    run = sample.run(folder, classes=request.param, case=3, hostile=request.param == 10)
    names = run.evaluations[0].classes
    pair = confusion.pairs(run.evaluations[0])[0]
    cells = sample.mistakes(folder, (pair.label, pair.prediction), 8, hostile=False)
    right = [Judged(one.picture, one.label, one.label, 0.9) for one in cells]
    write(
        folder / "report.html",
        replace(
            run,
            bundle="runs/x/bundle",
            embedding=embedding(names),
            examples=examples([*cells, *right]),
            promise="With twice as many training pictures: hardly more than now.",
            lacking=("what older versions did not keep",),
        ),
    )
    return folder / "report.html"


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_overflows_fails_or_is_asked_for(browser: chromium.Chromium, page: Path, width: int) -> None:
    stands(browser, page, width)


def stands(browser: chromium.Chromium, page: Path, width: int) -> None:
    """At that width nothing overflows, nothing is asked for and nothing fails."""
    browser.open(page, width)
    browser.eval("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.eval("document.documentElement.scrollWidth") <= width
    assert browser.eval(WIDE) == []
    asked = {one["request"]["url"] for one in browser.told("Network.requestWillBeSent")}
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}
    assert browser.told("Runtime.exceptionThrown") == []
    assert browser.told("Log.entryAdded") == []


@light_and_dark
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(browser: chromium.Chromium, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    serious(browser)


def test_the_map_shows_the_picture_that_is_pointed_at(browser: chromium.Chromium, page: Path) -> None:
    browser.open(page, 1280)
    browser.eval("document.querySelector('.map').scrollIntoView()")
    told = browser.eval(POINTED)
    assert "<b>0</b>.png" in told[0]
    assert told[1] == "block"


def test_the_map_is_walked_by_keyboard(browser: chromium.Chromium, page: Path) -> None:
    browser.open(page, 1280)
    said = browser.eval(WALKED)
    assert all("called" in one for one in said[1:3])
    assert said[1] != said[2]
    assert said[3] is False


def test_a_cell_shows_its_pictures(browser: chromium.Chromium, page: Path) -> None:
    browser.open(page, 1280)
    shown = browser.eval("""(() => {
      const links = [...document.querySelectorAll('#confusion a')];
      const shown = () => [...document.querySelectorAll('.cell')].filter(c => getComputedStyle(c).display !== 'none');
      return links.map(link => { location.hash = link.getAttribute('href'); return shown().map(c => '#' + c.id); });
    })()""")
    links = browser.eval("[...document.querySelectorAll('#confusion a')].map(a => a.getAttribute('href'))")
    assert links
    assert shown == [[link] for link in links]


def test_without_scripts_all_is_there_but_the_hover(browser: chromium.Chromium, page: Path) -> None:
    browser.open(page, 1280, scripts=False)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.eval("document.querySelectorAll('.map path').length") > 2
    assert browser.eval("getComputedStyle(document.querySelector('.with-script')).display") == "none"


def test_printed_nothing_is_folded_or_cut(browser: chromium.Chromium, page: Path) -> None:
    browser.open(page, 1000)
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.eval("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(0))))")
    hidden = browser.eval("""[...document.querySelectorAll('details > :not(summary)')]
      .filter(e => !e.checkVisibility({contentVisibilityAuto: true})).length""")
    assert hidden == 0
    assert browser.eval(
        "[...document.querySelectorAll('.tall')].every(e => e.scrollHeight <= e.clientHeight + 1)"
    )
    browser.call("Emulation.setEmulatedMedia", media="")
