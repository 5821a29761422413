"""The pages in the browsers that people have: Chromium, Firefox, and the engine of Safari.

A browser that this machine lacks is skipped, with its name.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart.certainty import Certainty
from headstart.certainty.familiar import Familiar
from headstart.heads.neighbours import Neighbours
from headstart.model import Model
from headstart.model.formats import html
from headstart.strangers import plain
from tests.cli.conftest import tree
from tests.server.test_serving import Served, served
from tests.web import browsers, firefox
from tests.web.conftest import HOSTILE, pictures
from tests.web.driver import Browser, quiet
from tests.web.profile import swapping
from tests.web.teach import using
from tests.web.test_classifier import choose, ready, text_of
from tests.web.test_report import POINTED, WALKED, WIDE
from tests.web.test_ways import DROPPED, GIVEN, PASTED, bars

WIDTHS = pytest.mark.parametrize("width", [390, 1280])
DRAWN = "(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))(here('looked'))"
SHAPES = ("circle", "cross", "square")


@pytest.fixture(scope="module", params=browsers.NAMES)
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if request.param not in browsers.TRIED:
        pytest.skip(f"{request.param} is tried by make browsers")
    if not browsers.found(request.param):
        pytest.skip(f"no {request.param} on this machine")
    opened = browsers.started(request.param, tmp_path_factory.mktemp(request.param))
    yield opened
    opened.close()


# ---- classifier.html ----


@WIDTHS
def test_a_picture_is_answered_as_python_answers_it(
    browser: Browser, model: Model, page: Path, tmp_path: Path, width: int
) -> None:
    given = pictures(1, 6)[0]
    Image.fromarray(given).save(tmp_path / "one.png")
    ready(browser, page, width)
    choose(browser, tmp_path / "one.png")
    p = model.probabilities(given)[0]
    assert text_of(browser, "called") == plain(HOSTILE[p.argmax()])
    np.testing.assert_allclose(bars(browser), np.sort(p)[::-1], atol=2e-3)
    assert browser.eval(DRAWN)
    assert browser.eval("document.documentElement.scrollWidth") <= width
    quiet(browser)


def turned(image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    image.save(path.with_suffix(".jpg"), quality=95, exif=exif)


def see_through(image: Image.Image, path: Path) -> None:
    image.putalpha(Image.fromarray(np.indices(image.size[::-1]).sum(0).astype(np.uint8) % 2 * 255))
    image.save(path.with_suffix(".png"))


def in_a_palette(image: Image.Image, path: Path) -> None:
    image.quantize(16).save(path.with_suffix(".png"))


def in_greys(image: Image.Image, path: Path) -> None:
    image.convert("L").save(path.with_suffix(".jpg"), quality=95)


def as_webp(image: Image.Image, path: Path) -> None:
    image.save(path.with_suffix(".webp"), lossless=True)


def profiled_jpeg(image: Image.Image, path: Path) -> None:
    image.save(path.with_suffix(".jpg"), quality=95, icc_profile=swapping())


def profiled_png(image: Image.Image, path: Path) -> None:
    image.save(path.with_suffix(".png"), icc_profile=swapping())


KINDS = (turned, see_through, in_a_palette, in_greys, as_webp, profiled_jpeg, profiled_png)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_files_are_read_as_python_reads_them(
    browser: Browser, model: Model, page: Path, tmp_path: Path, kind
) -> None:
    kind(Image.fromarray(pictures(2, 12)[1][:40]), tmp_path / "one")
    (file,) = tmp_path.iterdir()
    ready(browser, page, 390)
    choose(browser, file)
    np.testing.assert_allclose(bars(browser), np.sort(model.probabilities(file)[0])[::-1], atol=2e-2)


@pytest.mark.parametrize("event", [DROPPED, PASTED], ids=["dropped", "pasted"])
def test_a_picture_is_dropped_or_pasted(browser: Browser, model: Model, page: Path, event: str) -> None:
    given, file = pictures(1, 11)[0], io.BytesIO()
    Image.fromarray(given).save(file, "PNG")
    ready(browser, page, 390)
    browser.eval(GIVEN.replace("BYTES", base64.b64encode(file.getvalue()).decode()).replace("EVENT", event))
    browser.until("here('state').hidden && !here('found').hidden")
    p = model.probabilities(given)[0]
    np.testing.assert_allclose(bars(browser), np.sort(p)[::-1], atol=2e-3)
    quiet(browser)


def test_a_stranger_is_none_of_these(browser: Browser, model: Model, tmp_path: Path) -> None:
    seen = np.concatenate(list(model.features(pictures(4, 3))))
    near = Neighbours.of(-seen, np.zeros(4, np.int64), ["x"] * 4, ["y"] * 4, [model.width])
    own = replace(model, neighbours=near, certainty=Certainty(familiar=Familiar(0.5, 4)))
    html.export(own, tmp_path / "page.html")
    Image.fromarray(pictures(1, 3)[0]).save(tmp_path / "one.png")
    ready(browser, tmp_path / "page.html", 390)
    choose(browser, tmp_path / "one.png")
    assert text_of(browser, "called") == "none of these"


def test_the_camera_is_answered_until_it_is_stopped(browser: Browser, page: Path) -> None:
    ready(browser, page, 390)
    browser.eval("(window.old = show, window.shown = 0, show = (...a) => { old(...a); shown++; }, 1)")
    browser.eval("(here('camera').click(), 1)")
    browser.until("shown > 3")
    assert text_of(browser, "camera") == "Stop the camera"
    browser.eval("(here('camera').click(), 1)")
    browser.until("here('state').hidden")
    assert text_of(browser, "camera") == "Use the camera"
    quiet(browser)


@pytest.mark.skipif("firefox" not in browsers.TRIED or not firefox.found(), reason="Firefox: make browsers")
def test_a_browser_that_hides_pictures_from_pages_is_told(page: Path, teaching: Path, tmp_path: Path) -> None:
    """And nothing is said of noise."""
    Image.fromarray(pictures(1, 6)[0]).save(tmp_path / "one.png")
    found = firefox.found()
    assert found
    hiding = firefox.Firefox(found, tmp_path / "profile", **{"privacy.resistFingerprinting": True})
    hiding.open(page, 1280)
    hiding.until("here('state').classList.contains('fault')")
    assert "hides from the page what is in a picture" in text_of(hiding, "state")
    choose(hiding, tmp_path / "one.png")
    assert "hides from the page what is in a picture" in text_of(hiding, "state")
    assert hiding.eval("here('found').hidden")
    hiding.open(teaching, 1280)
    hiding.until("here('fault').textContent.includes('hides from the page what is in a picture')")
    hiding.close()


# ---- teach.html ----


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("data") / "shapes", names=SHAPES, each=14)


@pytest.fixture(scope="module")
def teaching(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teach") / "teach.html"
    headstart.teach("demo-cnn", path)
    return path


@WIDTHS
def test_a_classifier_is_taught_saved_and_opened(
    browser: Browser, teaching: Path, shapes: Path, tmp_path: Path, width: int
) -> None:
    using.ready(browser, teaching, width)
    for number, shape in enumerate(SHAPES[:2]):
        browser.eval(f"rename(state.classes[{number}].id, '{shape}')")
        files = sorted((shapes / shape).iterdir())[:12]
        browser.give(f".card:nth-child({number + 1}) input[type=file]", *files)
    browser.until(f"state.classes.every(({{ pictures }}) => pictures.length === 12) && {using.IDLE}")
    using.train(browser)
    assert browser.eval("learnt.accuracy") > 0.8
    new = shapes / SHAPES[1] / "13.png"
    answer = using.ask(browser, new)
    assert answer["called"] == SHAPES[1]
    assert browser.eval("document.documentElement.scrollWidth") <= width
    classifier = using.saved(browser, "save", tmp_path / "classifier.html")
    archive = using.saved(browser, "save-zip", tmp_path / "pictures.zip")
    quiet(browser)
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            assert opened.read(name) == (shapes / Path(name).relative_to("pictures")).read_bytes()
        assert len(opened.namelist()) == 24
    ready(browser, classifier, width)
    choose(browser, new)
    assert text_of(browser, "called") == answer["called"]
    np.testing.assert_allclose(bars(browser), sorted(answer["p"], reverse=True), atol=1e-6)
    quiet(browser)


def test_a_picture_is_dropped_onto_a_class(browser: Browser, teaching: Path, shapes: Path) -> None:
    given = base64.b64encode((shapes / SHAPES[0] / "00.png").read_bytes()).decode()
    event = DROPPED.replace("document.getElementById('ask')", "document.querySelectorAll('.card')[1]")
    using.ready(browser, teaching)
    browser.eval(GIVEN.replace("BYTES", given).replace("EVENT", event))
    browser.until(f"state.classes[1].pictures.length === 1 && {using.IDLE}")
    assert list(using.counts(browser).values()) == [0, 1]
    quiet(browser)
    browser.eval("here('undo').click()")
    assert list(using.counts(browser).values()) == [0, 0]


# ---- report.html, layers.html ----


@pytest.fixture(scope="module")
def written(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("written")
    headstart.train(shapes, case=1, output=root / "run", sensitivity={"cross": 0.8})
    layers = root / "layers.html"
    layers.write_text(headstart.inspect("demo-cnn", data=shapes).page().html, encoding="utf-8")
    return {"report": root / "run" / "report.html", "layers": layers}


@WIDTHS
@pytest.mark.parametrize("name", ["report", "layers"])
def test_nothing_overflows_fails_or_is_asked_for(
    browser: Browser, written: dict[str, Path], name: str, width: int
) -> None:
    browser.open(written[name], width)
    browser.eval("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.eval("document.documentElement.scrollWidth") <= width
    assert browser.eval(WIDE) == []
    quiet(browser)


def test_the_map_is_pointed_at_and_walked(browser: Browser, written: dict[str, Path]) -> None:
    browser.open(written["report"], 1280)
    browser.eval("document.querySelector('.map').scrollIntoView()")
    told, box = browser.eval(POINTED)
    assert ".png" in told
    assert box == "block"
    *said, left = browser.eval(WALKED)
    assert all(one.endswith(".png") for one in said)
    assert left is False


# ---- the page of headstart serve ----


@pytest.fixture(scope="module")
def server(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("asked")
    headstart.save(model, folder / "bundle")
    with served(folder / "bundle", "--token", "a-token-of-some-length", "--quiet") as made:
        yield made


@WIDTHS
def test_the_server_is_asked(
    browser: Browser, server: Served, model: Model, tmp_path: Path, width: int
) -> None:
    given, url = pictures(2, 6), server.told["url"]
    for place, one in enumerate(given):
        Image.fromarray(one).save(tmp_path / f"{place}.png")
    browser.open(f"{url}/?{width}#token=a-token-of-some-length", width)
    browser.until("!here('ask').hidden")
    assert browser.eval("location.href") == f"{url}/"
    browser.give("#file", *sorted(tmp_path.iterdir()))
    browser.until("document.querySelectorAll('#pictures > li').length === 2 && here('state').hidden")
    rows = "[...document.querySelectorAll('#pictures > li')].map(row => row.querySelector('progress').value)"
    np.testing.assert_allclose(browser.eval(rows), model.probabilities(given).max(1), atol=1e-6)
    assert browser.eval("document.documentElement.scrollWidth") <= width
    assert not [one for one in browser.asked() if not one.startswith((url, "blob:", "data:"))]
    assert browser.faults() == []
