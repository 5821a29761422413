"""The command line's Reporter: bars on a terminal, plain lines elsewhere; everything on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from headstart import progress
from headstart.cli import show

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 2.0  # seconds that a job may take before a plain line is said about it
PAUSE = 5.0  # seconds between plain lines, at least
PACE = 0.25  # the same as a share of the time that the job has taken


def choose(*, quiet: bool, stream: TextIO | None = None) -> progress.Reporter:
    """Silent, bars or plain lines: what fits `stream` (stderr)."""
    if quiet:
        return progress.Silent()
    target: TextIO = stream or sys.stderr
    return Bars() if target.isatty() and os.environ.get("TERM") != "dumb" else Lines(target)


class _LineBar:
    """One running count, told in a line now and then. Threads may share it."""

    def __init__(self, stream: TextIO, label: str, total: int) -> None:
        self.stream, self.label, self.total = stream, label, total
        self.done, self.lock = 0, threading.Lock()
        self.started = time.monotonic()
        self.due = self.started + PATIENCE
        self.told = False

    def advance(self, steps: int = 1) -> None:
        with self.lock:
            self.done += steps
            if time.monotonic() >= self.due and self.done < self.total:
                self.tell()

    def tell(self) -> None:
        now = time.monotonic()
        share = f" ({100 * self.done // self.total} %)" if self.total > 0 else ""
        line = f"{show.plain(self.label)}: {self.done:,} of {self.total:,}{share}, {now - self.started:.0f} s"
        show.news(line, self.stream)
        self.due, self.told = now + max(PAUSE, PACE * (now - self.started)), True


class Lines:
    """Plain lines for logs and pipes: none for what is over within two seconds."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @contextlib.contextmanager
    def bar(self, label: str, total: int) -> Iterator[progress.Bar]:
        bar = _LineBar(self.stream, label, total)
        yield bar
        if bar.told or time.monotonic() >= bar.due:
            bar.tell()

    def say(self, line: str) -> None:
        show.news(show.plain(line), self.stream)


class _RichBar:
    def __init__(self, bars: Progress, label: str, total: int) -> None:
        self.bars, self.task = bars, bars.add_task(show.plain(label), total=total or None)

    def advance(self, steps: int = 1) -> None:
        self.bars.advance(self.task, steps)


class Bars:
    """Bars on a terminal, several at once where jobs are nested. rich heeds NO_COLOR."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.bars: Progress | None = None

    @contextlib.contextmanager
    def bar(self, label: str, total: int) -> Iterator[progress.Bar]:
        if self.bars is not None:
            inner = _RichBar(self.bars, label, total)
            yield inner
            self.bars.remove_task(inner.task)
            return
        self.bars = self._bars()
        try:
            with self.bars:
                yield _RichBar(self.bars, label, total)
        finally:
            self.bars = None

    def _bars(self) -> Progress:
        from rich import progress as rich

        columns = (
            rich.TextColumn("{task.description}", markup=False),
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
        )
        times = (rich.TimeElapsedColumn(), rich.TextColumn("left"), rich.TimeRemainingColumn())
        return rich.Progress(*columns, *times, console=self.console, transient=True)

    def say(self, line: str) -> None:
        self.console.print(show.plain(line), markup=False, emoji=False)
