"""Headless Chromium, spoken to through its DevTools protocol over a pipe: no package but the browser is needed."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import time
from pathlib import Path
from typing import Any

from tests.web.driver import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving picture
    "--use-fake-ui-for-media-stream",
)
_NO_CARD = "No available adapters."  # a warning that pages which ask for one cannot prevent


def found() -> str | None:
    """The browser's path, where there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium(Browser):
    """A browser with one page. `events` are what the browser told of it, in order."""

    def __init__(self, browser: str, profile: Path, *flags: str) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        quiet = os.open(os.devnull, os.O_RDWR)
        # The browser reads from 3 and writes to 4; copies far above keep one from being written over by the other.
        far_in, far_out = (fcntl.fcntl(one, fcntl.F_DUPFD, 20) for one in (theirs_in, theirs_out))
        dup = os.POSIX_SPAWN_DUP2
        moves = [(dup, far_in, 3), (dup, far_out, 4), (dup, quiet, 1), (dup, quiet, 2)]
        words = [browser, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
        self._pid = os.posix_spawn(browser, words, os.environ, file_actions=moves)
        for one in (theirs_in, theirs_out, far_in, far_out, quiet):
            os.close(one)
        self._in, self._out, self._held = ours_in, ours_out, b""
        self._number = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.downloads = profile / "downloads"
        self.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))

    def open(self, page: Path | str, width: int, *, dark: bool = False, scripts: bool = True) -> None:
        """Loads a file, or what lies at an address, at a width in pixels."""
        self._leave()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        self.wait("Page.loadEventFired")

    def _leave(self) -> None:
        """The page that is open, with what it says as it is left: that is nothing of the next one's."""
        self.events.clear()
        self.call("Page.navigate", url="about:blank")
        self.wait("Page.loadEventFired")
        self.events.clear()

    def eval(self, code: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        found = self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def give(self, selector: str, *files: Path) -> None:
        """Puts files into a file input, as a user chooses them."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        place = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=place, files=[str(file) for file in files])

    def shot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def faults(self) -> list[str]:
        thrown = [one["exceptionDetails"]["text"] for one in self.told("Runtime.exceptionThrown")]
        return thrown + [one["entry"]["text"] for one in self.told("Log.entryAdded")]

    def asked(self) -> set[str]:
        return {one["request"]["url"] for one in self.told("Network.requestWillBeSent")}

    def told(self, method: str) -> list[dict[str, Any]]:
        """The parameters of the events of one kind, but for what is said where there is no graphics card."""
        found = [event["params"] for event in self.events if event.get("method") == method]
        return [one for one in found if one.get("entry", {}).get("text") != _NO_CARD]

    def wait(self, method: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not self.told(method):
            self.events.append(self._read(end))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What a command of the protocol answers."""
        number = next(self._number)
        asked = {"id": number, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        message = json.dumps(asked).encode() + b"\0"
        while message:
            message = message[os.write(self._out, message) :]
        end = time.monotonic() + 60
        while True:
            answer = self._read(end)
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def _read(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._in], [], [], max(0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            more = os.read(self._in, 1 << 20)
            assert more, "the browser has ended"
            self._held += more
        message, _, self._held = self._held.partition(b"\0")
        return json.loads(message)

    def close(self) -> None:
        os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)
