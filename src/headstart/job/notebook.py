"""Progress in a notebook: one line of HTML that changes as the work goes on, and the news below it."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from html import escape
from typing import Any

from headstart import progress

_PAUSE = 0.2  # seconds between two looks of the same bar
_NEWS = 12  # lines that stay


def in_notebook() -> bool:
    """Whether the code runs in a kernel that shows HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


@contextlib.contextmanager
def shown(wanted: bool | None) -> Iterator[None]:
    """Within the block progress is shown, where that is `wanted`; None: in a notebook."""
    if wanted is False:
        with progress.shown(progress.Silent()):
            yield
        return
    if not (wanted or in_notebook()):
        yield
        return
    with progress.shown(Notebook() if in_notebook() else Plain()):
        yield


class Plain:
    """News in plain lines on stderr, for a program that asks for them."""

    @contextlib.contextmanager
    def bar(self, label: str, total: int) -> Iterator[progress.Bar]:
        with progress.Silent().bar(label, total) as bar:
            yield bar

    def say(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")


class Notebook:
    """A progress.Reporter: the innermost bar, and the last lines of news, in one output that is kept up to date."""

    def __init__(self) -> None:
        from IPython.display import DisplayHandle

        self._handle: Any = DisplayHandle()
        self._news: list[str] = []
        self._bars: list[_Bar] = []
        self._begun, self._due, self._lock = False, 0.0, threading.RLock()

    @contextlib.contextmanager
    def bar(self, label: str, total: int) -> Iterator[progress.Bar]:
        bar = _Bar(self, label, total)
        with self._lock:
            self._bars.append(bar)
        self.draw()
        try:
            yield bar
        finally:
            with self._lock:
                self._bars.remove(bar)
            self.draw(at_once=not self._bars)

    def say(self, line: str) -> None:
        self._news.append(line)
        self.draw(at_once=True)

    def draw(self, *, at_once: bool = False) -> None:
        """Shows how it stands, if some time has passed since it was last shown. Threads may call it."""
        with self._lock:
            self._draw(at_once=at_once)

    def _draw(self, *, at_once: bool) -> None:
        now = time.monotonic()
        if not at_once and now < self._due:
            return
        self._due = now + _PAUSE
        show = self._handle.update if self._begun else self._handle.display
        self._begun = True
        show({"text/html": self._html(), "text/plain": "\n".join(self._news)}, raw=True)

    def _html(self) -> str:
        lines = [f"<div>{escape(line)}</div>" for line in self._news[-_NEWS:]]
        if self._bars:
            bar = self._bars[-1]
            most = f' max="{bar.total}"' if bar.total else ""
            lines.append(
                f'<div><progress value="{bar.done}"{most}></progress> {escape(bar.label)}: '
                f"{bar.done:,} of {bar.total:,}</div>"
            )
        return f'<div style="font-size:90%">{"".join(lines)}</div>'


class _Bar:
    def __init__(self, owner: Notebook, label: str, total: int) -> None:
        self.owner, self.label, self.total, self.done = owner, label, total, 0

    def advance(self, steps: int = 1) -> None:
        self.done += steps
        self.owner.draw()
