"""The page that asks the server, in a real browser: the token, pictures, what strangers call theirs."""

from __future__ import annotations

import urllib.request
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
from tests.web.axe import light_and_dark, serious
from tests.web.conftest import BROWSER
from tests.web.driver import UNREADABLE

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


@light_and_dark
def test_axe_finds_nothing_serious(browser, server, pictures, dark):
    browser.open(f"{server.told['url']}/?{dark}#token={TOKEN}", 390, dark=dark)
    until(browser, "!here('ask').hidden")
    choose(browser, pictures)
    serious(browser)


def test_the_page_knows_no_model(server):
    """Nor does it ask for anything from elsewhere: what anyone gets, without the token, is the same for every model."""
    with urllib.request.urlopen(server.told["url"] + "/", timeout=20) as answer:
        text = answer.read().decode()
    assert text == asking(headstart.__version__)
    assert not [word for word in ("onerror", "rose", "demo-cnn", "shapes") if word in text]
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (413, "lets no more through (413)"),
        (502, "such as a proxy before it (502)"),
        (200, "such as a proxy before it (200)"),
    ],
)
def test_what_a_proxy_answers_is_told_in_words(browser, server, pictures, status, told):
    browser.open(f"{server.told['url']}/?{status}#token={TOKEN}", 390)
    until(browser, "!here('ask').hidden")
    page = f"new Response('<html>no</html>', {{status: {status}}})"
    browser.eval(f"(window.fetch = async () => {page}, look([new File(['x'], 'x.png')]))")
    assert told in browser.eval("here('state').textContent")
    assert browser.eval("here('state').classList.contains('fault')")


def test_the_newer_question_is_the_one_that_is_shown(browser, server):
    """Whichever is answered last."""
    browser.open(f"{server.told['url']}/?turn#token={TOKEN}", 390)
    until(browser, "!here('ask').hidden")
    browser.eval("""(window.fetch = (path, {body}) => {
      const slow = body.get("file").size > 1, left_out = [{path: "0", reason: "not a picture"}];
      const said = slow ? new Response("<html>", {status: 502}) : Response.json({predictions: [], left_out});
      return new Promise(done => setTimeout(() => done(said), slow ? 200 : 0));
    }, Promise.all([look([new File(["xx"], "old.png")]), look([new File(["x"], "new.png")])]).then(() => 1))""")
    assert browser.eval("here('pictures').innerText").startswith("new.png")
    assert browser.eval("here('state').hidden")


def test_a_bare_percent_sign_in_the_address_is_a_token_too(browser, server):
    browser.open(server.told["url"] + "/?percent#token=50%", 390)
    until(browser, "!here('key').hidden && !here('state').hidden")
    assert browser.eval("here('state').textContent") == "That is not the server’s token."
    assert "#" not in browser.eval("location.href")


def test_what_is_no_longer_shown_is_no_longer_held(browser, server, pictures):
    """The browser shows no such picture as the third; each is shown anew in another language."""
    browser.open(server.told["url"] + "/?held#token=" + TOKEN, 390)
    until(browser, "!here('ask').hidden")
    browser.eval("""(window.held = new Set(), window.made = URL.createObjectURL, window.ended = URL.revokeObjectURL,
      URL.createObjectURL = (file) => { const url = made(file); held.add(url); return url; },
      URL.revokeObjectURL = (url) => { held.delete(url); ended(url); }, 1)""")
    choose(browser, pictures)
    until(browser, "document.querySelectorAll('#pictures span.none').length === 1")
    assert browser.eval("held.size") == 2
    browser.eval("(draw(), 1)")
    until(browser, "document.querySelectorAll('#pictures span.none').length === 1")
    assert browser.eval("held.size") == 2


@pytest.mark.parametrize("readable", [0, 1])
def test_a_file_that_cannot_be_read_is_not_the_servers_fault(browser, server, readable):
    browser.open(f"{server.told['url']}/?unreadable{readable}#token={TOKEN}", 390)
    until(browser, "!here('ask').hidden")
    browser.eval("""(window.fetch = async (path, {body}) => {
      const left_out = [...body].map(([, file]) => ({path: file.name, reason: "not a picture"}));
      return Response.json({predictions: [], left_out});
    }, 1)""")
    browser.eval(f"look([{UNREADABLE}, new File(['x'], 'x.png')].slice(0, {1 + readable})).then(() => 1)")
    rows = browser.eval("[...document.querySelectorAll('#pictures > li')].map(row => row.innerText)")
    assert [row.split("\n\n") for row in rows] == [
        ["gone.png", "It cannot be used."],
        ["x.png", "It cannot be used: not a picture."],
    ][: 1 + readable]
    state = "here('state').hidden ? '' : here('state').textContent"
    assert browser.eval(state) == ("" if readable else "The picture cannot be used.")
