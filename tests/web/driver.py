"""What tests and benchmarks do with a browser, whichever it is."""

from __future__ import annotations

import abc
import time
from pathlib import Path
from typing import Any

# A file that was moved since it was chosen; a folder that was dropped is told alike.
UNREADABLE = (
    "Object.assign(new File(['x'], 'gone.png', { type: 'image/png' }),"
    "{ slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }) })"
)


def quiet(browser: Browser) -> None:
    """Nothing failed, and nothing was asked for but the page, its workers and the pictures that it holds."""
    assert not (faults := browser.faults()), faults
    assert {address.partition(":")[0] for address in browser.asked()} <= {"file", "blob", "data"}


class Browser(abc.ABC):
    """A browser with one page. What the page saves comes to lie in `downloads`."""

    downloads: Path

    @abc.abstractmethod
    def open(self, page: Path | str, width: int, *, dark: bool = False) -> None:
        """Loads a file, or what lies at an address, at a width in pixels; dark, where the browser can be told."""

    @abc.abstractmethod
    def eval(self, code: str) -> Any:
        """The value of a JavaScript expression, awaited."""

    @abc.abstractmethod
    def give(self, selector: str, *files: Path) -> None:
        """Puts files into a file input, as a user chooses them."""

    @abc.abstractmethod
    def shot(self, path: Path) -> None:
        """Saves what is seen as PNG."""

    @abc.abstractmethod
    def faults(self) -> list[str]:
        """Errors that the page met since it was opened, as far as the browser tells them."""

    @abc.abstractmethod
    def asked(self) -> set[str]:
        """Addresses that the open page has asked for."""

    @abc.abstractmethod
    def close(self) -> None: ...

    def until(self, code: str, seconds: float = 60) -> None:
        """Waits until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.eval(f"!!({code})"):
            assert time.monotonic() < end, f"never true: {code}"
            time.sleep(0.05)
