"""The engine on a graphics card: it says what the processor says, and is only used where it does, and sooner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart.job import teach
from headstart.model import Model
from headstart.model.formats.html import check_frame
from tests.web.chromium import Chromium
from tests.web.conftest import BROWSER, pictures
from tests.web.driver import quiet
from tests.web.test_engine import GRAPHS, SIZE, html_of, model_of
from tests.web.webgpu import INSISTED, Both, both, opened

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
FAMILY = "mobilenetv3_small_050"  # squeeze and excitation, hard swish
CLOSE = 1e-5  # of the largest value; the page asks for 1e-4


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both(tmp_path_factory.mktemp("gpu")) as made:
        if not made.made(html_of(model_of(GRAPHS["dense"]))):
            pytest.skip("this Chromium has no WebGPU, not even one that the processor plays")
        yield made


@pytest.mark.parametrize("name", GRAPHS)
def test_an_operation_is_the_processors(engines: Both, name: str) -> None:
    engines.made(html_of(model_of(GRAPHS[name])))
    for seed in (1, 2):  # the second on buffers that the first has used
        frame = np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
        found = engines.both(frame)
        gpu, processor = (np.array(found[one]["features"]) for one in ("gpu", "processor"))
        np.testing.assert_allclose(gpu, processor, rtol=CLOSE, atol=CLOSE * np.abs(processor).max())
        assert found["apart"] <= CLOSE


@pytest.mark.parametrize("name", ["demo-cnn", "small", "lite0", FAMILY])
def test_a_network_is_the_processors(engines: Both, made: Callable, name: str) -> None:
    network = made(name) if name == FAMILY else headstart.backbone.load(name)
    engines.made(html_of(teach._runtime(network).model, network.preprocess))
    found = engines.both(check_frame(network.preprocess.size))
    gpu, processor = (np.array(found[one]["features"]) for one in ("gpu", "processor"))
    assert np.abs(processor).max() > 0
    assert found["apart"] <= CLOSE
    np.testing.assert_allclose(gpu, processor, atol=CLOSE * np.abs(processor).max())


WHY = {
    "slower": r"it is slower: 11 ms, the processor 10 ms",
    "other": r"it says something else, 0\.001\d* apart",
    "nothing": r"it says something else, NaN apart",
    "missing": r"mean is not there on the graphics card",
    "silent": r"it does not answer",
    "software": r"there is none",
}
LATER = ("lost", "silent later", "faulty")


@pytest.fixture(scope="module")
def frame(engines: Both) -> np.ndarray:
    """What is asked in what follows, of a network of means and spreads."""
    engines.made(html_of(model_of(GRAPHS["means and spreads"])))
    return np.random.default_rng(1).integers(0, 256, (SIZE, SIZE, 3), np.uint8)


def test_no_fault_of_the_device_goes_unseen(engines: Both, frame: np.ndarray) -> None:
    """All that is made, written and submitted lies in an error scope."""
    assert engines.unscoped(frame) == []


def test_a_graphics_card_that_says_the_same_sooner_takes_over(engines: Both, frame: np.ndarray) -> None:
    found = engines.chosen(frame, "none")
    assert found["by"] == ["processor", "gpu", "gpu"]
    assert found["away"][0] == 0
    assert 0 < max(found["away"]) <= CLOSE
    assert found["why"] == ""


@pytest.mark.parametrize("fault", WHY)
def test_a_graphics_card_that_is_not_right_and_faster_is_never_used(
    engines: Both, frame: np.ndarray, fault: str
) -> None:
    found = engines.chosen(frame, fault)
    assert found["by"] == ["processor"] * 3
    assert found["away"] == [0, 0, 0]
    assert re.fullmatch(WHY[fault], found["why"])


@pytest.mark.parametrize("fault", LATER)
def test_what_goes_wrong_later_is_answered_by_the_processor(
    engines: Both, frame: np.ndarray, fault: str
) -> None:
    found = engines.chosen(frame, fault)
    assert found["by"] == ["processor", "gpu", "processor"]
    assert found["away"][2] == 0
    assert found["why"]


@pytest.mark.usefixtures("engines")  # which skip where there is no WebGPU
@pytest.mark.parametrize("insisted", [True, False])
def test_the_page_answers_alike_by_the_graphics_card(
    model: Model, page: Path, tmp_path: Path, insisted: bool
) -> None:
    """By a graphics card that the processor plays only where the test insists on it."""
    (picture,) = pictures(1, 3)
    Image.fromarray(picture).save(tmp_path / "picture.png")
    with opened(tmp_path) as browser:
        if insisted:
            browser.call("Page.addScriptToEvaluateOnNewDocument", source=INSISTED)
        browser.open(page, 390)
        browser.eval(
            "show = ((old) => (canvas, found) => { old(canvas, found); window.answer = found; })(show)"
        )
        first, last = (asked(browser, tmp_path / "picture.png") for _ in range(2))
        assert browser.eval("document.getElementById('by-gpu').hidden") == (not insisted)
        quiet(browser)
    assert last["gpu"] == insisted
    np.testing.assert_allclose(last["probabilities"], first["probabilities"], atol=1e-5)
    np.testing.assert_allclose(last["map"], first["map"], atol=1e-4 * np.abs(first["map"]).max())
    np.testing.assert_allclose(first["probabilities"], model.probabilities([picture])[0], atol=2e-3)


def asked(browser: Chromium, picture: Path) -> dict[str, Any]:
    browser.eval("window.answer = null")
    browser.give("#file", picture)
    browser.until("window.answer !== null")
    return browser.eval("answer")
