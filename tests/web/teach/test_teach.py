"""teach.html in a real browser: pictures in, a classifier and a ZIP out."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart.web import node
from tests.cli.conftest import picture
from tests.web import chromium
from tests.web.conftest import BROWSER
from tests.web.driver import quiet
from tests.web.policy import beside_its_own
from tests.web.teach.using import SHAPES, ask, counts, drop, ready, saved, train

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
HOSTILE = ("</script><img src=x onerror=alert(1)>", "../<b>rose</b>\u202e & “$weights”", "CON")


def test_only_what_the_page_brings_may_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parts = beside_its_own(text)
    assert parts.pop("worker-src") == "blob:"
    assert parts.pop("img-src") == "blob: data:"
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
