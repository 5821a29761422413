"""What is learnt from is the same by the graphics card."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import picture
from tests.web import chromium
from tests.web.conftest import BROWSER
from tests.web.teach.using import SHAPES, ask, drop, ready, train
from tests.web.webgpu import INSISTED, opened

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
WEBGPU = "navigator.gpu ? navigator.gpu.requestAdapter().then(Boolean) : false"
FEATURES = "[...records.values()].map(({ features }) => Array.from(features))"


def test_features_and_answers_are_the_processors(page: Path, shapes: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.png"
    picture(SHAPES[1], np.random.default_rng(9), 64).convert("RGB").save(new)
    few = tmp_path / "few"
    for path in [one for shape in SHAPES[:2] for one in sorted((shapes / shape).iterdir())[:6]]:
        (few / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, few / path.parent.name)
    with opened(tmp_path) as browser:
        plain, answer = taught(browser, page, few, new)
        if not browser.eval(WEBGPU):
            pytest.skip("this Chromium has no WebGPU, not even one that the processor plays")
        browser.call("Page.addScriptToEvaluateOnNewDocument", source=INSISTED)
        by_gpu, also = taught(browser, page, few, new)
    assert plain.shape == by_gpu.shape == (12, plain.shape[1])
    np.testing.assert_allclose(by_gpu, plain, atol=1e-5 * np.abs(plain).max())
    differs = (by_gpu != plain).any(axis=1)
    assert not differs[0]  # the processor answers first
    assert differs[1:].all()
    np.testing.assert_allclose(also, answer, atol=1e-3)


def taught(
    browser: chromium.Chromium, page: Path, pictures: Path, new: Path
) -> tuple[np.ndarray, list[float]]:
    """(the features of all pictures, what is said of a new one)"""
    ready(browser, page)
    drop(browser, "#pictures-title", pictures)
    train(browser)
    return np.array(browser.eval(FEATURES)), ask(browser, new)["p"]
