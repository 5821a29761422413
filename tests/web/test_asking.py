"""The page that asks the server, in a real browser: the token, pictures, what strangers call theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import headstart
from headstart.web.asking import asking
from tests.cli.conftest import tree
from tests.server.conftest import encoded
from tests.server.test_serving import Served, served
from tests.web import chromium
from tests.web.axe import AXE, serious
from tests.web.conftest import BROWSER

TOKEN = "a-token-of-some-length"
HOSTILE = ("</script><img src=x onerror=alert(1)>", "<b>rose</b> & “$weights”")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("asked")
    tree(folder / "shapes", each=12)
    run = headstart.train(folder / "shapes", backbone="demo-cnn", case=1)
    headstart.save(replace(run.model, classes=HOSTILE), folder / "bundle")
    with served(folder / "bundle", "--token", TOKEN, "--quiet") as made:
        yield made


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    names = ("one.png", "<img src=x onerror=alert(2)>.png", "none.png")
    for place, name in enumerate(names):
        (tmp_path / name).write_bytes(encoded(place, 60) if place < 2 else b"no picture")
    return [tmp_path / name for name in names]


def until(browser: chromium.Chromium, condition: str) -> None:
    browser.eval(
        f"new Promise(r => {{ const i = setInterval(() => {{ if ({condition}) {{ clearInterval(i); r(); }} }}, 20); }})"
    )


def choose(browser: chromium.Chromium, files: list[Path]) -> None:
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    place = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=place, files=list(map(str, files)))
    until(browser, "document.querySelectorAll('#pictures > li').length && here('state').hidden")


def quiet(browser: chromium.Chromium, url: str) -> None:
    """Nothing was asked of others, and no script but the page's own ran."""
    asked = {one["request"]["url"] for one in browser.told("Network.requestWillBeSent")}
    assert not [one for one in asked if not one.startswith((url, "blob:"))]
    assert not browser.told("Runtime.exceptionThrown")
    assert browser.eval("document.querySelectorAll('b, img[src=x]').length") == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_a_token_in_the_address_is_taken_and_pictures_are_answered(browser, server, pictures, width):
    url = server.told["url"]
    browser.open(f"{url}/?{width}#token={TOKEN}", width)
    until(browser, "!here('ask').hidden")
    assert browser.eval("location.href") == f"{url}/"
    choose(browser, pictures)
    rows = browser.eval("[...document.querySelectorAll('#pictures > li')].map(row => row.innerText)")
    assert [name.name in row for name, row in zip(pictures, rows, strict=True)] == [True] * 3
    assert "It cannot be used: not a picture." in rows[2]
    shown = browser.eval(
        "[...document.querySelectorAll('#pictures > li')].slice(0, 2).map(r => r.querySelector('progress').value)"
    )
    expected = headstart.load(server.told["bundle"]).probabilities([str(path) for path in pictures[:2]])
    np.testing.assert_allclose(shown, expected.max(axis=1), atol=1e-6)
    assert browser.eval("document.documentElement.scrollWidth") <= width
    quiet(browser, url)


def test_without_the_token_nothing_is_known_and_a_wrong_one_is_told(browser, server):
    browser.open(server.told["url"] + "/?none", 390)
    until(browser, "!here('key').hidden")
    assert HOSTILE[0] not in browser.eval("document.documentElement.outerHTML")
    browser.eval("here('token').value = 'a-wrong-token-of-some-length'; here('key').requestSubmit()")
    until(browser, "!here('state').hidden")
    assert browser.eval("here('state').textContent") == "That is not the server’s token."
    browser.eval(f"here('token').value = '{TOKEN}'; here('key').requestSubmit()")
    until(browser, "!here('ask').hidden")
    assert HOSTILE[0] in browser.eval("here('known').textContent")
    assert browser.eval("here('token').value") == ""


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci --prefix tests/web")
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(browser, server, pictures, dark):
    browser.open(f"{server.told['url']}/?{dark}#token={TOKEN}", 390, dark=dark)
    until(browser, "!here('ask').hidden")
    choose(browser, pictures)
    serious(browser)


def test_the_page_knows_no_model():
    assert asking("1") == asking("1")
    assert "http" not in asking("1").replace("http-equiv", "")
