"""The ways in which a picture comes to classifier.html, in a real browser: dropped, pasted, by the camera, and huge."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.model import Model
from headstart.strangers import plain
from tests.web import chromium
from tests.web.axe import light_and_dark, serious
from tests.web.conftest import BROWSER, pictures
from tests.web.driver import Browser, quiet
from tests.web.test_classifier import choose, ready, text_of

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
_HUGE = 10_000  # pixels a side
GIVEN = """(async () => {
  const bytes = Uint8Array.from(atob('BYTES'), one => one.charCodeAt(0)), given = new DataTransfer();
  given.items.add(new File([bytes], 'one.png', {type: 'image/png'}));
  EVENT
})()"""
DROPPED = """const target = document.getElementById('ask');
  for (const kind of ['dragenter', 'dragover', 'drop'])
    target.dispatchEvent(new DragEvent(kind, {dataTransfer: given, bubbles: true, cancelable: true}));"""
PASTED = """const pasted = new ClipboardEvent('paste', {bubbles: true});
  Object.defineProperty(pasted, 'clipboardData', {value: given}); // Firefox makes one without files
  document.dispatchEvent(pasted);"""
_ANSWERED = "document.getElementById('state').hidden && !document.getElementById('found').hidden"


def bars(browser: Browser) -> list[float]:
    """The probabilities that are shown, the highest first."""
    return browser.eval("[...document.querySelectorAll('progress')].map(bar => bar.value)")


@pytest.mark.parametrize("event", [DROPPED, PASTED])
def test_a_picture_is_dropped_or_pasted(
    browser: chromium.Chromium, model: Model, page: Path, event: str
) -> None:
    given, file = pictures(1, 11)[0], io.BytesIO()
    Image.fromarray(given).save(file, "PNG")
    ready(browser, page, 390)
    code = GIVEN.replace("BYTES", base64.b64encode(file.getvalue()).decode()).replace("EVENT", event)
    browser.eval(code)
    browser.until(_ANSWERED)
    p = model.probabilities(given)[0]
    assert text_of(browser, "called") == plain(model.classes[p.argmax()])
    np.testing.assert_allclose(bars(browser), np.sort(p)[::-1], atol=2e-3)
    assert not browser.eval("document.getElementById('ask').classList.contains('over')")
    quiet(browser)


def test_the_camera_is_answered_until_it_is_stopped(browser: chromium.Chromium, page: Path) -> None:
    ready(browser, page, 390)
    browser.eval(
        "(() => { const old = show; window.shown = 0; show = (...a) => { old(...a); shown++; }; })()"
    )
    browser.eval("document.getElementById('camera').click()")
    browser.until("shown > 3")
    assert text_of(browser, "camera") == "Stop the camera"
    tracks = "stream.getTracks().map(track => track.readyState)"
    browser.eval("window.held = stream")
    assert browser.eval(tracks) == ["live"]
    browser.eval("document.getElementById('camera').click()")
    assert browser.eval(tracks.replace("stream", "held")) == ["ended"]
    assert text_of(browser, "camera") == "Use the camera"
    browser.until("document.getElementById('state').hidden")
    seen = browser.eval("shown")
    time.sleep(0.5)
    assert browser.eval("shown") <= seen + 1  # the one that was on its way
    quiet(browser)


def test_a_camera_that_is_refused_is_said(browser: chromium.Chromium, page: Path) -> None:
    ready(browser, page, 390)
    browser.eval(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    browser.eval("document.getElementById('camera').click()")
    browser.until("document.getElementById('state').classList.contains('fault')")
    assert "Choose a picture instead" in text_of(browser, "state")
    quiet(browser)


def test_100_megapixels_are_answered_as_python_answers_them(
    browser: chromium.Chromium, model: Model, page: Path, tmp_path: Path
) -> None:
    cells = np.random.default_rng(3).integers(0, 256, (5, 5, 3)).astype(np.uint8)
    huge = Image.fromarray(cells).resize((_HUGE, _HUGE), Image.Resampling.NEAREST)
    huge.save(tmp_path / "huge.jpg", quality=95)
    ready(browser, page, 390)
    start = time.monotonic()
    choose(browser, tmp_path / "huge.jpg")
    took = time.monotonic() - start
    assert not browser.eval("document.getElementById('state').classList.contains('fault')")
    expected = np.sort(model.probabilities(tmp_path / "huge.jpg")[0])[::-1]
    np.testing.assert_allclose(bars(browser), expected, atol=2e-2)
    assert took < 30
    assert browser.eval("document.getElementById('picture').width") == 320
    assert browser.eval("performance.memory.usedJSHeapSize") < 100e6  # the picture alone has 400 MB
    quiet(browser)


@light_and_dark
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(
    browser: chromium.Chromium, page: Path, tmp_path: Path, width: int, dark: bool
) -> None:
    """Before a picture, and with an answer and all that is folded."""
    Image.fromarray(pictures(1, 6)[0]).save(tmp_path / "one.png")
    ready(browser, page, width, dark=dark)
    serious(browser)
    choose(browser, tmp_path / "one.png")
    serious(browser)
    assert browser.eval("document.documentElement.scrollWidth") <= width
