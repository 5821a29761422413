"""teach.html in a real browser: pictures in, a classifier and a ZIP out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart.web import node
from headstart.web.page import HERE
from tests.cli.conftest import COLOURS, picture
from tests.web import chromium
from tests.web.conftest import BROWSER
from tests.web.test_report import AXE

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
SHAPES = tuple(COLOURS)
HOSTILE = ("</script><img src=x onerror=alert(1)>", "../<b>rose</b>\u202e & “$weights”", "CON")
_IDLE = "!training && !waiting() && helpers.length > 0 && helpers.every((one) => !one.busy)"
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Chromium]:
    """One with a camera that shows a test picture."""
    assert BROWSER
    opened = chromium.Chromium(BROWSER, tmp_path_factory.mktemp("chromium"), *CAMERA)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teach") / "teach.html"
    headstart.teach("demo-cnn", path)
    return path


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """14 pictures of each of three shapes, a folder each."""
    root, draw = tmp_path_factory.mktemp("data") / "shapes", np.random.default_rng(0)
    for shape in SHAPES[:3]:
        (root / shape).mkdir(parents=True)
        for number in range(14):
            picture(shape, draw, 48).convert("RGB").save(root / shape / f"{number:02}.png")
    return root


def ready(browser: chromium.Chromium, page: Path, width: int = 1280, *, dark: bool = False) -> None:
    browser.eval("typeof safe === 'undefined' || (safe = state, 1)")  # a page with unsaved pictures asks back
    browser.open(page, width, dark=dark)
    browser.eval("helpers[0].ready.then(() => 1)")


def drop(browser: chromium.Chromium, at: str, *paths: Path) -> None:
    """As a user drops files and folders onto the element; waits until they were looked at."""
    x, y = browser.eval(
        f"(() => {{ const e = document.querySelector({at!r}); e.scrollIntoView(); const r = e.getBoundingClientRect();"
        "return [r.left + r.width / 2, r.top + 20]; })()"
    )
    before = browser.eval("(fault(''), past.length)")
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
    browser.until(f"past.length > {before} || here('fault').textContent")
    browser.until(_IDLE)


def train(browser: chromium.Chromium) -> None:
    browser.until("!here('train').disabled")
    browser.eval("here('train').click()")
    browser.until("learnt.head && " + _IDLE)


def ask(browser: chromium.Chromium, file: Path) -> dict[str, Any]:
    browser.eval("answered = null; 1")
    browser.give("#ask", file)
    browser.until("answered")
    return browser.eval("({ called: here('called').textContent, p: answered.probabilities })")


def saved(browser: chromium.Chromium, button: str, path: Path) -> Path:
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(path.parent))
    browser.eval(f"here({button!r}).click()")
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} was not saved"
        time.sleep(0.05)
    return path


def counts(browser: chromium.Chromium) -> dict[str, int]:
    return dict(browser.eval("state.classes.map(({ name, pictures }) => [name, pictures.length])"))


def quiet(browser: chromium.Chromium) -> None:
    """Nothing was asked for but the page, its worker and its small pictures; nothing failed."""
    asked = {one["request"]["url"].partition(":")[0] for one in browser.told("Network.requestWillBeSent")}
    assert asked <= {"file", "blob"}
    assert not browser.told("Runtime.exceptionThrown")
    assert not browser.told("Log.entryAdded")


def test_only_what_the_page_brings_may_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    parts = dict(part.strip().split(" ", 1) for part in policy[1].split(";"))
    assert parts.pop("default-src") == "'none'"
    assert parts.pop("worker-src") == "blob:"
    assert parts.pop("img-src") == "blob:"
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert parts.pop(name) == f"'sha256-{digest}'"
    assert set(parts.values()) == {"'none'"}


def test_a_tree_of_folders_is_taught_saved_and_read_again(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    ready(browser, page)
    drop(browser, "#pictures-title", shapes)
    assert counts(browser) == dict.fromkeys(sorted(SHAPES[:3]), 14)
    train(browser)
    assert browser.eval("learnt.accuracy") > 0.8
    low, high = browser.eval("learnt.interval")
    assert low < browser.eval("learnt.accuracy") <= high
    new = picture(SHAPES[1], np.random.default_rng(9), 64).convert("RGB")
    new.save(tmp_path / "new.png")
    answer = ask(browser, tmp_path / "new.png")
    assert answer["called"] == SHAPES[1]
    classifier = saved(browser, "save", tmp_path / "classifier.html")
    archive = saved(browser, "save-zip", tmp_path / "pictures.zip")
    quiet(browser)
    the_classifier_answers_the_same(browser, classifier, tmp_path / "new.png", answer)
    the_archive_is_the_pictures(archive, shapes, tmp_path / "unpacked")


def the_classifier_answers_the_same(
    browser: chromium.Chromium, classifier: Path, new: Path, answer: dict[str, Any]
) -> None:
    browser.open(classifier, 390)
    browser.until("here('state').hidden")
    browser.give("#file", new)
    browser.until("!here('found').hidden")
    assert browser.eval("here('called').textContent") == answer["called"]
    shown = browser.eval("[...document.querySelectorAll('#answers progress')].map((bar) => bar.value)")
    np.testing.assert_allclose(shown, sorted(answer["p"], reverse=True), atol=1e-6)
    quiet(browser)
    if node.found():
        pixels = np.asarray(Image.open(new))
        (found,) = node.ask(classifier.read_text(encoding="utf-8"), [pixels], "pictures")
        np.testing.assert_allclose(found["probabilities"], answer["p"], atol=1e-3)


def the_archive_is_the_pictures(archive: Path, shapes: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        opened.extractall(folder)
    loaded = headstart.load_data(str(folder / "pictures")).dataset
    assert loaded.classes == tuple(sorted(SHAPES[:3]))
    assert np.bincount(loaded.labels).tolist() == [14, 14, 14]
    for path in shapes.rglob("*.png"):
        assert (folder / "pictures" / path.relative_to(shapes)).read_bytes() == path.read_bytes()


def test_the_head_is_the_one_that_python_solves(browser: chromium.Chromium, page: Path, shapes: Path) -> None:
    """From the same pictures: what is said of them differs by rounding, and by how folds are drawn."""
    ready(browser, page)
    drop(browser, "#pictures-title", shapes)
    train(browser)
    run = headstart.train(shapes, backbone="demo-cnn", case=1, cut=("pre_logits",))
    some = sorted(shapes.rglob("*.png"))[::4]
    expected = run.model.probabilities([str(path) for path in some]).argmax(1)
    names = [run.model.classes[c] for c in expected]
    assert [ask(browser, path)["called"] for path in some] == names


def test_hostile_names_stay_text(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    ready(browser, page, 390)
    browser.eval("addClass()")
    for number, (shape, name) in enumerate(zip(SHAPES, HOSTILE, strict=False), start=1):
        drop(browser, f".card:nth-child({number})", *sorted((shapes / shape).iterdir())[:6])
        browser.eval(f"rename(state.classes[{number - 1}].id, {json.dumps(name)})")
    train(browser)
    told = ask(browser, shapes / SHAPES[0] / "08.png")
    assert told["called"] == HOSTILE[0]
    shown = [name.replace("\u202e", "") for name in HOSTILE]
    assert browser.eval("document.querySelectorAll('b, img:not([src^=\"blob:\"])').length") == 0
    assert browser.eval("document.documentElement.scrollWidth") <= 390
    archive = saved(browser, "save-zip", tmp_path / "pictures.zip")
    classifier = saved(browser, "save", tmp_path / "classifier.html")
    quiet(browser)
    with zipfile.ZipFile(archive) as opened:
        folders = {tuple(name.split("/")[:-1]) for name in opened.namelist()}
    assert folders == {
        ("pictures", "script img src=x onerror=alert(1)"),
        ("pictures", "b rose b & “$weights”"),
        ("pictures", "_CON"),
    }
    text = classifier.read_text(encoding="utf-8")
    assert "<img" not in text
    browser.open(classifier, 390)
    browser.until("here('state').hidden")
    assert browser.eval("model.classes") == shown
    quiet(browser)


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


def test_what_is_no_picture_or_there_already_is_said(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("hello")
    some = sorted((shapes / SHAPES[0]).iterdir())[:3]
    ready(browser, page)
    drop(browser, ".card", *some, tmp_path / "broken.png", tmp_path / "notes.txt")
    assert "broken.png" in browser.eval("here('fault').textContent")
    drop(browser, ".card", *some)
    assert browser.eval("state.classes[0].pictures.length") == 3
    assert browser.eval("here('fault').textContent").startswith("3 pictures are in their class already")
    assert browser.eval("past.length") == 1
    drop(browser, ".card", tmp_path / "notes.txt")
    assert browser.eval("here('fault').textContent") == "No picture was found in there."
    browser.eval("rename(state.classes[0].id, state.classes[1].name)")
    assert "already" in browser.eval("here('fault').textContent")
    quiet(browser)


def test_a_picture_in_the_wrong_class_is_pointed_at_and_moved(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    first, second = (sorted((shapes / shape).iterdir()) for shape in SHAPES[:2])
    wrong = shutil.copy(second[0], tmp_path / "wrong.png")
    ready(browser, page)
    drop(browser, ".card:nth-child(1)", *first, wrong)
    drop(browser, ".card:nth-child(2)", *second[1:])
    train(browser)
    assert browser.eval("records.get(doubtful()[0].number).name") == "wrong.png"
    assert browser.eval("document.querySelector('.doubts p').textContent").startswith("In Class 1")
    browser.eval("document.querySelector('.doubts button').click()")
    assert browser.eval("state.classes.map(({ pictures }) => pictures.length)") == [14, 14]
    assert browser.eval("here('train').textContent") == "Train again"
    assert browser.eval("!here('stale').hidden")
    browser.eval("here('undo').click()")
    assert browser.eval("here('train').textContent") == "Train"
    quiet(browser)


def test_folders_in_the_zip_are_read_as_classes(
    browser: chromium.Chromium, page: Path, shapes: Path, tmp_path: Path
) -> None:
    """Whatever the classes are called: like parts of a data set, like each other, like nothing."""
    called = ("train", "TEST", ".hidden", "a/b", "A:B", "thumbs.db", "…")
    ready(browser, page)
    every = sorted(shapes.rglob("*.png"))
    for number, name in enumerate(called):
        if number > 1:
            browser.eval("addClass()")
        drop(browser, f".card:nth-child({number + 1})", *every[3 * number : 3 * number + 3])
        assert browser.eval(f"rename(state.classes[{number}].id, {json.dumps(name)})")
    with zipfile.ZipFile(saved(browser, "save-zip", tmp_path / "pictures.zip")) as opened:
        opened.extractall(tmp_path / "unpacked")
    loaded = headstart.load_data(str(tmp_path / "unpacked" / "pictures")).dataset
    assert set(loaded.classes) == {"train class", "TEST class", "hidden", "a b", "A B-2", "_thumbs.db", "…"}
    assert set(loaded.splits) == {""}
    assert (np.bincount(loaded.labels) == 3).all()


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


def test_too_few_pictures_are_said_to_be(browser: chromium.Chromium, page: Path, shapes: Path) -> None:
    ready(browser, page)
    for number in (1, 2):
        drop(browser, f".card:nth-child({number})", *sorted((shapes / SHAPES[number]).iterdir())[:3])
    train(browser)
    assert browser.eval("here('accuracy').hidden")
    assert "too few" in browser.eval("here('meaning').textContent")
    told = ask(browser, shapes / SHAPES[1] / "09.png")
    assert told["called"] in counts(browser)
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
    browser.until(_IDLE)
    held = browser.eval("state.classes[0].pictures.length")
    browser.eval("document.querySelector('.card > .primary').focus()")
    key = {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32}
    browser.call("Input.dispatchKeyEvent", type="keyDown", text=" ", **key)
    browser.until(f"state.classes[0].pictures.length >= {held} + 2")
    browser.call("Input.dispatchKeyEvent", type="keyUp", **key)
    browser.until(_IDLE)
    assert len(set(browser.eval("state.classes[0].pictures.map(groupOf)"))) == 2
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
    assert len(set(browser.eval("state.classes[0].pictures.map(groupOf)"))) == 2
    assert browser.eval("holds") == 2


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


LANGUAGES = json.loads((HERE / "teach" / "words.json").read_text(encoding="utf-8"))


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


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci --prefix tests/web")
@pytest.mark.parametrize("dark", [False, True])
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


def serious(browser: chromium.Chromium) -> None:
    browser.eval(AXE.read_text(encoding="utf-8") + "; 0")
    found: list[dict[str, Any]] = browser.eval("axe.run().then(r => r.violations)")
    bad = [
        (one["id"], [node["html"][:160] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not bad, json.dumps(bad, indent=1)
