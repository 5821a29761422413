"""Headless Firefox, spoken to through WebDriver BiDi: no package but the browser is needed."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.web.driver import Browser
from tests.web.websocket import WebSocket

NAMES = ("firefox", "firefox-esr")
_ASKED, _LOGGED = "network.beforeRequestSent", "log.entryAdded"
_ALWAYS = {
    "media.navigator.streams.fake": True,  # a camera that shows a moving picture
    "media.navigator.permission.disabled": True,
}


def found() -> str | None:
    """The browser's path, where there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox(Browser):
    """A browser with one page. `events` are what the browser told of it, in order."""

    def __init__(self, browser: str, profile: Path, **preferences: Any) -> None:
        profile.mkdir(parents=True, exist_ok=True)
        self.downloads = profile / "downloads"
        preferences |= {"browser.download.dir": str(self.downloads), "browser.download.folderList": 2}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in (_ALWAYS | preferences).items()]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        words = [
            browser,
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            "0",
        ]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._socket = WebSocket(self._port(profile / "WebDriverBiDiServer.json"), "/session")
        self._number = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        prompts = {"beforeUnload": "accept"}
        self.call("session.new", capabilities={"alwaysMatch": {"unhandledPromptBehavior": prompts}})
        self._context = self.call("browsingContext.getTree")["contexts"][0]["context"]
        self.call("session.subscribe", events=[_ASKED, _LOGGED])

    def _port(self, told: Path) -> int:
        end = time.monotonic() + 60
        while not (told.exists() and told.read_text(encoding="utf-8").endswith("}")):
            assert time.monotonic() < end, "the browser does not start"
            assert self._process.poll() is None, "the browser has ended"
            time.sleep(0.05)
        return json.loads(told.read_text(encoding="utf-8"))["ws_port"]

    def open(self, page: Path | str, width: int, *, dark: bool = False) -> None:
        assert not dark, "only its user can make it dark"
        self.events.clear()
        self._here("browsingContext.setViewport", viewport={"width": width, "height": 900})
        address = page if isinstance(page, str) else page.as_uri()
        self._here("browsingContext.navigate", url=address, wait="complete")

    def eval(self, code: str) -> Any:
        target = {"context": self._context}
        found = self.call("script.evaluate", expression=code, target=target, awaitPromise=True)
        assert found["type"] == "success", found["exceptionDetails"]
        return _plain(found["result"])

    def give(self, selector: str, *files: Path) -> None:
        locator = {"type": "css", "value": selector}
        (place,) = self._here("browsingContext.locateNodes", locator=locator, maxNodeCount=1)["nodes"]
        node = {"sharedId": place["sharedId"]}
        self._here("input.setFiles", element=node, files=[str(file) for file in files])

    def shot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._here("browsingContext.captureScreenshot")["data"]))

    def faults(self) -> list[str]:
        return [one["text"] for one in self._told(_LOGGED) if one["level"] in ("warn", "error")]

    def asked(self) -> set[str]:
        return {one["request"]["url"] for one in self._told(_ASKED)}

    def _told(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event["method"] == method]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What a command of the protocol answers."""
        number = next(self._number)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.receive())
            if answer.get("id") == number:
                assert answer["type"] == "success", (method, answer)
                return answer["result"]
            self.events.append(answer)

    def _here(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.call(method, context=self._context, **parameters)

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait()


def _plain(told: dict[str, Any]) -> Any:
    """A value as Python has it, of the protocol's description."""
    kind, value = told["type"], told.get("value")
    if kind == "array":
        return [_plain(one) for one in value or []]
    if kind == "object":
        return {name: _plain(one) for name, one in value or []}
    return value
