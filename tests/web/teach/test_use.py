"""teach.html by keyboard, by the camera, in five languages, at two widths; and every step undone."""

from __future__ import annotations

import json
import re
import time
import zipfile
from pathlib import Path

import pytest

from headstart.web import words
from tests.web import chromium
from tests.web.axe import light_and_dark, serious
from tests.web.conftest import BROWSER
from tests.web.driver import quiet
from tests.web.teach.using import IDLE, SHAPES, ask, counts, drop, ready, saved, train

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
LANGUAGES = words.of("teach")


def test_every_step_can_be_undone(browser: chromium.Chromium, page: Path, shapes: Path) -> None:
    ready(browser, page)
    steps = [counts(browser)]
    for number in (1, 2):
        drop(browser, f".card:nth-child({number})", *sorted((shapes / SHAPES[number]).iterdir())[:4])
        steps.append(counts(browser))
    for act in (
        "rename(state.classes[0].id, 'new')",
        "document.querySelector('.tile').click()",
        "movePicture(state.classes[1].pictures[0], state.classes[0].id)",
        "removeClass(state.classes[1].id)",
        "here('add-class').click()",
    ):
        browser.eval(act)
        steps.append(counts(browser))
    assert len({json.dumps(step) for step in steps}) == len(steps)
    for step in reversed(steps[:-1]):
        browser.eval("here('undo').click()")
        assert counts(browser) == step
    assert browser.eval("here('undo').disabled")
    quiet(browser)


def test_pictures_are_walked_and_removed_by_keyboard(
    browser: chromium.Chromium, page: Path, shapes: Path
) -> None:
    ready(browser, page)
    drop(browser, ".card", *sorted((shapes / SHAPES[0]).iterdir())[:4])
    order = browser.eval("state.classes[0].pictures")
    assert browser.eval("[...document.querySelectorAll('.tile')].map((tile) => tile.tabIndex)") == [
        0,
        -1,
        -1,
        -1,
    ]
    browser.eval("document.querySelector('.tile').focus()")
    for key, code in (("ArrowRight", 39), ("ArrowRight", 39), ("Enter", 13)):
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)
    assert browser.eval("state.classes[0].pictures") == [order[0], order[1], order[3]]
    assert browser.eval("document.activeElement.getAttribute('aria-label')") == "Remove picture 3 of Class 1"
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="z", modifiers=2, windowsVirtualKeyCode=90)
    assert browser.eval("state.classes[0].pictures") == order
    quiet(browser)


def point(browser: chromium.Chromium, at: str) -> tuple[float, float]:
    return tuple(
        browser.eval(
            f"(() => {{ const e = document.querySelector({at!r}); e.scrollIntoView(); const r = "
            "e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()"
        )
    )


def test_the_camera_takes_pictures_while_a_button_is_held(
    browser: chromium.Chromium, page: Path, tmp_path: Path
) -> None:
    """By mouse, then by the keyboard; each hold is one step, and one group, in what is saved too."""
    ready(browser, page)
    browser.eval("[...document.querySelectorAll('.card:first-child .actions > button')].at(-1).click()")
    browser.until(
        "camera && camera.video.videoWidth > 0 && !document.querySelector('.card > .primary').hidden"
    )
    x, y = point(browser, ".card > .primary")
    mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
    browser.call("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    browser.until("state.classes[0].pictures.length >= 3")
    browser.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    browser.until(IDLE)
    held = browser.eval("state.classes[0].pictures.length")
    browser.eval("document.querySelector('.card > .primary').focus()")
    key = {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32}
    browser.call("Input.dispatchKeyEvent", type="keyDown", text=" ", **key)
    browser.until(f"state.classes[0].pictures.length >= {held} + 2")
    browser.call("Input.dispatchKeyEvent", type="keyUp", **key)
    browser.until(IDLE)
    assert len(set(browser.eval("groupsOf(state.classes[0].pictures)"))) == 2
    assert browser.eval("past.length") == 2
    archive = saved(browser, "save-zip", tmp_path / "pictures.zip")
    count = browser.eval("state.classes[0].pictures.length")
    browser.eval("here('undo').click()")
    assert browser.eval("state.classes[0].pictures.length") == held
    quiet(browser)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    ready(browser, page)
    drop(browser, "#pictures-title", tmp_path / "pictures")
    assert counts(browser) == {"Class 1": count}
    assert len(set(browser.eval("groupsOf(state.classes[0].pictures)"))) == 2
    assert browser.eval("holds") == 2


def test_the_camera_takes_pictures_while_a_finger_is_on_it(browser: chromium.Chromium, page: Path) -> None:
    ready(browser, page, 390)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    browser.eval("[...document.querySelectorAll('.card:first-child .actions > button')].at(-1).click()")
    browser.until(
        "camera && camera.video.videoWidth > 0 && !document.querySelector('.card > .primary').hidden"
    )
    x, y = point(browser, ".card > .primary")
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    browser.until("state.classes[0].pictures.length >= 3")
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.until(IDLE)
    count = browser.eval("state.classes[0].pictures.length")
    time.sleep(0.6)
    browser.until(IDLE)
    assert browser.eval("state.classes[0].pictures.length") == count
    assert browser.eval("holds") == 1
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)
    quiet(browser)


def test_the_camera_is_answered_live(browser: chromium.Chromium, page: Path, shapes: Path) -> None:
    ready(browser, page)
    drop(browser, "#pictures-title", shapes)
    train(browser)
    browser.eval("here('live').click()")
    browser.until("answered")
    first = browser.eval("turn")
    browser.until(f"turn > {first} + 2")
    assert browser.eval("here('live').textContent") == "Stop the camera"
    browser.eval("here('live').click()")
    assert browser.eval("camera") is None
    quiet(browser)


def test_without_a_camera_it_is_said(browser: chromium.Chromium, page: Path) -> None:
    ready(browser, page)
    browser.eval(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    browser.eval("[...document.querySelectorAll('.card:first-child .actions > button')].at(-1).click()")
    browser.until("here('fault').textContent")
    assert "NotAllowedError" in browser.eval("here('fault').textContent")
    quiet(browser)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_page_speaks(browser: chromium.Chromium, page: Path, shapes: Path, tag: str, width: int) -> None:
    ready(browser, page, width)
    drop(browser, "#pictures-title", shapes)
    train(browser)
    ask(browser, shapes / SHAPES[0] / "01.png")
    browser.eval(f"here('language').value = {tag!r}; here('language').dispatchEvent(new Event('change'))")
    assert browser.eval("document.documentElement.lang") == tag
    said = browser.eval("document.body.innerText")
    assert LANGUAGES[tag]["keep_classifier_how"] in said
    assert not re.search(r"undefined|\{\w+\}|null|NaN", said)
    if tag != "en":
        english = {one for one in LANGUAGES["en"].values() if isinstance(one, str) and len(one) > 12}
        assert not [one for one in english - set(map(str, LANGUAGES[tag].values())) if one in said]
    assert browser.eval("document.documentElement.scrollWidth") <= width
    quiet(browser)


@light_and_dark
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(
    browser: chromium.Chromium, page: Path, shapes: Path, width: int, dark: bool
) -> None:
    """Empty, and with all of its parts."""
    ready(browser, page, width, dark=dark)
    serious(browser)
    first, second = (sorted((shapes / shape).iterdir()) for shape in SHAPES[:2])
    drop(browser, ".card:nth-child(1)", *first, *second[:1])
    drop(browser, ".card:nth-child(2)", *second[1:])
    train(browser)
    ask(browser, shapes / SHAPES[0] / "01.png")
    browser.eval("learnt.suspects.forEach((one, place) => { one.wrong = place % 2 === 0; })")
    browser.eval("(draw(), (here('mistaken').open = true))")
    assert browser.eval("!here('result').hidden && doubtful().length > 0")
    serious(browser)
