"""teach.html where something fails: it is said, nothing is lost unsaid, and nothing goes on for ever."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.web import chromium
from tests.web.conftest import BROWSER
from tests.web.driver import UNREADABLE, quiet
from tests.web.teach.using import IDLE, SHAPES, ask, drop, ready, saved, train

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
FAULT = "here('fault').textContent"
BROKEN = (  # a worker that answers with an error, and one that does not come to answer
    " WAYS.made = () => { throw new Error('no memory'); };",
    " throw new Error('no memory');",
)


def test_only_the_zip_makes_pictures_safe(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    """And only those that are in it."""
    asks = "!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    ready(browser, page)
    assert not browser.eval(asks)
    drop(browser, "#pictures-title", shapes)
    train(browser)
    saved(browser, "save", tmp_path / "classifier.html")
    browser.eval("new Promise((done) => setTimeout(done, 100))")
    assert browser.eval(asks)
    saved(browser, "save-zip", tmp_path / "pictures.zip")
    browser.until("here('work').hidden")
    assert not browser.eval(asks)
    browser.eval("(here('save-zip').click(), addClass())")
    browser.until("here('work').hidden")
    assert browser.eval(asks)
    quiet(browser)


def test_a_classifier_that_cannot_be_saved_is_said(
    browser: chromium.Chromium, page: Path, shapes: Path
) -> None:
    ready(browser, page)
    drop(browser, "#pictures-title", shapes)
    train(browser)
    browser.eval("(inText = () => Promise.reject(new Error('no memory')), here('save').click())")
    browser.until(FAULT)
    assert browser.eval(FAULT) == "The classifier could not be saved (no memory)."
    quiet(browser)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_second_worker_that_cannot_start_is_not_waited_for(
    browser: chromium.Chromium, page: Path, shapes: Path, broken: str
) -> None:
    ready(browser, page)
    browser.eval(f"(here('ear').textContent += {broken!r}, room = 2)")
    drop(browser, "#pictures-title", shapes)
    assert browser.eval("[helpers.length, room]") == [1, 1]
    assert browser.eval("here('work').hidden")
    assert browser.eval(FAULT) == ""
    train(browser)
    assert browser.eval("learnt.numbers.length") == 42


@pytest.mark.parametrize("broken", BROKEN)
def test_without_the_first_worker_it_is_said(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path, broken: str
) -> None:
    text = page.read_text(encoding="utf-8")
    start = "const WAYS = { made, seen, solved, taught, packed, named };\n"
    assert text.count(start) == 1
    (tmp_path / "broken.html").write_text(text.replace(start, start + broken + "\n"), encoding="utf-8")
    ready(browser, page)
    browser.open(tmp_path / "broken.html", 1280)
    browser.until(FAULT)
    for count in (3, 6):
        browser.give(".card input[type=file]", *sorted((shapes / SHAPES[0]).iterdir())[count - 3 : count])
        browser.until(f"state.classes[0].pictures.length === {count} && {FAULT}")
        assert "no memory" in browser.eval(FAULT)
        assert browser.eval("here('work').hidden && here('train').disabled")


def test_a_network_that_fails_is_not_told_as_no_picture(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    """The pictures stay where they are; what is no picture goes, as ever."""
    first, second = (sorted((shapes / shape).iterdir()) for shape in SHAPES[:2])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    ready(browser, page)
    browser.eval(
        "(window.asked = helpers[0].ask.bind(helpers[0]), helpers[0].ask = (message, ...more) =>"
        "message.way === window.way ? Promise.reject(new Error('no memory')) : asked(message, ...more), 1)"
    )
    browser.eval("window.way = 'seen'")
    drop(browser, ".card:nth-child(1)", *first[:2], tmp_path / "broken.png")
    assert "not a picture that this browser can read, and was left out: broken.png." in browser.eval(FAULT)
    assert browser.eval(FAULT).endswith("The network cannot run here: 00.png: no memory")
    assert browser.eval("state.classes[0].pictures.length") == 2
    browser.eval("window.way = ''")
    drop(browser, ".card:nth-child(1)", *first[2:])
    drop(browser, ".card:nth-child(2)", *second)
    train(browser)
    assert browser.eval("[learnt.numbers.length, filesByClass().length]") == [26, 28]
    ask(browser, first[0])
    browser.eval("window.way = 'named'")
    browser.give("#ask", first[1])
    browser.until(FAULT)
    assert browser.eval(FAULT) == "The network cannot run here: no memory"
    browser.give("#ask", tmp_path / "broken.png")
    browser.until("here('fault').textContent.startsWith('This browser cannot read')")
    quiet(browser)


def test_what_cannot_be_read_is_left_out(browser: chromium.Chromium, page: Path, shapes: Path) -> None:
    ready(browser, page)
    drop(browser, ".card:nth-child(1)", *sorted((shapes / SHAPES[0]).iterdir())[:2])
    browser.eval(f"(addFound(listed([{UNREADABLE}]), state.classes[0].id), 1)")
    browser.until(IDLE)
    assert "was left out: gone.png." in browser.eval(FAULT)
    assert browser.eval("state.classes[0].pictures.length") == 2
    quiet(browser)


def test_equal_pictures_are_never_parted(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    """Holds that share a picture are one group; a picture of no hold goes with its equal."""
    one, two, three, *_ = sorted((shapes / SHAPES[0]).iterdir())
    names = {
        "camera-001-001": one,
        "camera-001-002": two,
        "camera-002-001": two,
        "plain": one,
        "other": three,
    }
    ready(browser, page)
    browser.eval("addClass()")
    for number, (name, path) in enumerate(names.items(), start=1):
        if number > 3:
            browser.eval("addClass()")
        # A class does not take a picture twice; others do.
        drop(browser, f".card:nth-child({number})", Path(shutil.copy(path, tmp_path / f"{name}.jpg")))
    assert browser.eval("groupsOf(state.classes.flatMap(({ pictures }) => pictures))") == [0, 0, 0, 0, 1]
