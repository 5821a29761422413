"""A browser, where this machine has one; and a classifier's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart
from headstart.certainty import Certainty
from headstart.model import Model
from headstart.model.formats import html
from tests.cli.conftest import COLOURS, picture
from tests.web import chromium

BROWSER = chromium.found()
SHAPES = tuple(COLOURS)
# Of an element: how many lines its text takes.
LINES = """(one) => {
  const all = document.createRange();
  all.selectNodeContents(one);
  return all.getClientRects().length;
}"""
HOSTILE = ("</script><img src=x onerror=alert(1)>", "<b>rose</b> \u202e & “$weights”")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Chromium]:
    assert BROWSER
    opened = chromium.Chromium(BROWSER, tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


def pictures(n: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.asarray(picture(SHAPES[i % 2], rng, 60 + 7 * i).convert("RGB")) for i in range(n)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A bundle of two classes whose names are hostile, on the smallest network in the box."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name, colour in zip(("a", "b"), SHAPES, strict=False):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            picture(colour, rng, 40).save(folder / "pictures" / name / f"{number}.png")
    run = headstart.train(folder / "pictures", backbone="demo-cnn", case=1)
    return changed(run.model, classes=HOSTILE, certainty=Certainty(1.5))


def changed(model: Model, **fields: Any) -> Model:
    from dataclasses import replace

    return replace(model, **fields)


@pytest.fixture(scope="module")
def page(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / html.NAME
    html.export(model, path)
    return path
