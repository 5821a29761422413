"""WebKitGTK's small browser, spoken to through WebKitWebDriver: the engine of Safari, on a screen that Xvfb makes."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.web.driver import Browser

_PLACES = ("usr/lib/*/webkit2gtk-4.1/MiniBrowser", "usr/libexec/webkit2gtk-4.1/MiniBrowser")
_WORDS = ["--automation", "--full-screen", "--enable-mock-capture-devices=true"]
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # how WebDriver names what it has found


def found() -> str | None:
    """The browser's path, where it is there with its driver and something to show it on."""
    if not (shutil.which("WebKitWebDriver") and shutil.which("Xvfb")):
        return None
    return next((str(path) for place in _PLACES for path in Path("/").glob(place)), None)


class WebKit(Browser):
    """A browser with one page, on a screen of its own."""

    def __init__(self, browser: str, profile: Path) -> None:
        profile.mkdir(parents=True, exist_ok=True)
        self.downloads = profile  # of who lives there
        self._screen, display = _screen()
        self._port = _free_port()
        env = os.environ | {
            "DISPLAY": display,
            "HOME": str(profile),
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        }
        words, quiet = ["WebKitWebDriver", f"--port={self._port}"], subprocess.DEVNULL
        self._driver = subprocess.Popen(words, env=env, stdout=quiet, stderr=quiet)
        self._session = ""
        options = {"webkitgtk:browserOptions": {"binary": browser, "args": _WORDS}}
        self._session = "/" + self._begun({"capabilities": {"alwaysMatch": options}})["sessionId"]

    def _begun(self, wanted: dict[str, Any]) -> dict[str, Any]:
        end = time.monotonic() + 60
        while True:
            try:
                return self._call("POST", "", wanted)
            except urllib.error.URLError:
                assert time.monotonic() < end, "the browser does not start"
                time.sleep(0.05)

    def open(self, page: Path | str, width: int, *, dark: bool = False) -> None:
        assert not dark, "only its user can make it dark"
        self._call("POST", "/window/rect", {"width": width, "height": 900})
        self._call("POST", "/url", {"url": page if isinstance(page, str) else page.as_uri()})
        self.until(f"innerWidth === {width}")
        self.eval("(window.faults = [], addEventListener('error', ({ message }) => faults.push(message)))")

    def eval(self, code: str) -> Any:
        return self._call("POST", "/execute/sync", {"script": f"return ({code})", "args": []})

    def give(self, selector: str, *files: Path) -> None:
        place = self._call("POST", "/element", {"using": "css selector", "value": selector})[_ELEMENT]
        self._call("POST", f"/element/{place}/value", {"text": "\n".join(map(str, files))})

    def shot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def faults(self) -> list[str]:
        """Of scripts, after the page was loaded: its driver does not tell of others."""
        return self.eval("faults")

    def asked(self) -> set[str]:
        kinds = "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))"
        return set(self.eval(f"{kinds}.map(one => one.name)"))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self._port}/session{self._session}{path}"
        asked = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def close(self) -> None:
        self._call("DELETE", "")
        for one in (self._driver, self._screen):
            one.terminate()
            one.wait()


def _screen() -> tuple[subprocess.Popen[bytes], str]:
    """A display that nobody sees, and its name."""
    words = ["Xvfb", "-displayfd", "1", "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    made = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert made.stdout
    with made.stdout as told:
        return made, ":" + told.readline().decode().strip()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
