"""A page's engine in a browser, on the processor and on a graphics card that the processor plays (SwiftShader)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.web import chromium, firefox
from tests.web.driver import Browser

FLAGS = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
PREFERENCES = {
    "dom.webgpu.enabled": True,
    "dom.webgpu.workers.enabled": True,
    "gfx.webgpu.ignore-blocklist": True,
}
# To be run before a page. Behind its engine: a graphics card that the processor plays counts as one, and as the faster;
# the first picture's answer waits for its trial.
INSISTED = """{
  const more = `
    Gpu.of = ((of) => (network) => of(network, true))(Gpu.of);
    Chooser.prototype.timed = () => 0;
    Chooser.prototype.run = ((run) => async function (frame) {
      const values = await run.call(this, frame);
      await this.trial;
      return values;
    })(Chooser.prototype.run);`;
  Blob = class extends Blob {
    constructor(parts, options) {
      super((options || {}).type === "text/javascript" ? [...parts, more] : parts, options);
    }
  };
}"""
_WORKER = """(() => {
  const worker = new Worker(URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" })));
  window.asked = (message) => new Promise((done, failed) => {
    worker.onmessage = ({ data }) => (data.error ? failed(new Error(data.error)) : done(data.found));
    worker.onerror = ({ message }) => failed(new Error(message));
    worker.postMessage(message);
  });
})()"""


class Both:
    """The engine of one page after the other, in a worker of the tests' own (webgpu.js)."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._started = False

    def made(self, html: str) -> bool:
        """Takes the network of a page; whether there is a graphics card."""
        if not self._started:
            source = _block(html, "engine") + "\n" + Path(__file__).with_suffix(".js").read_text("utf-8")
            self._browser.eval(_WORKER.replace("SOURCE", json.dumps(source)))
            self._started = True
        return self._ask(
            "made", model=json.loads(_block(html, "model")), weights=_block(html, "weights").strip()
        )

    def both(self, frame: np.ndarray) -> dict[str, Any]:
        """What head and map of uint8 [S, S, 3] are to the "processor" and to the "gpu"; "apart", and "ms" of each."""
        return self._ask("both", frame=_text(frame))

    def chosen(self, frame: np.ndarray, fault: str) -> dict[str, Any]:
        """Three runs by a Chooser: "by" whom each, how far "away" from the processor's, "why" not by the "gpu"."""
        return self._ask("chosen", frame=_text(frame), fault=fault)

    def unscoped(self, frame: np.ndarray) -> list[str]:
        """Methods of the device that are called beside every error scope, until the first answer."""
        return self._ask("unscoped", frame=_text(frame))

    def _ask(self, way: str, **values: Any) -> Any:
        return self._browser.eval(f"asked({json.dumps({'way': way, **values})})")


@contextmanager
def opened(folder: Path) -> Iterator[chromium.Chromium]:
    """A browser that has WebGPU, whose profile goes into the folder."""
    found = chromium.found()
    assert found, "no Chromium on this machine"
    browser = chromium.Chromium(found, folder / "profile", *FLAGS)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def in_firefox(folder: Path) -> Iterator[firefox.Firefox]:
    """Firefox, which brings no played graphics card: the Vulkan loader has to name one (VK_ICD_FILENAMES)."""
    found = firefox.found()
    assert found, "no Firefox on this machine"
    browser = firefox.Firefox(found, folder / "profile", **PREFERENCES)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def both(folder: Path, name: str = "chromium") -> Iterator[Both]:
    """In a browser of its own: "chromium" or "firefox"."""
    blank = folder / "blank.html"
    blank.write_text("<!DOCTYPE html><title>.</title>")
    with (opened if name == "chromium" else in_firefox)(folder) as browser:
        browser.open(blank, 390)
        yield Both(browser)


def _block(html: str, name: str) -> str:
    return html.split(f' id="{name}">')[1].split("</script>")[0]


def _text(frame: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(frame).tobytes()).decode("ascii")
