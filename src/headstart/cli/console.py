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
BEAT = 0.5  # seconds between looks at a job that does not move


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
        self.done, self.lock, self.over = 0, threading.Lock(), threading.Event()
        self.started = time.monotonic()
        self.due = self.started + PATIENCE
        self.told = False

    def advance(self, steps: int = 1) -> None:
        with self.lock:
            self.done += steps
            if time.monotonic() >= self.due and self.done < self.total:
                self.tell()

    def beat(self) -> None:
        """Tells where the job stands though nothing has moved, so that a long step is no silence."""
        with self.lock:
            ended = self.over.is_set() or 0 < self.total <= self.done
            if time.monotonic() >= self.due and not ended:
                self.tell()

    def end(self) -> None:
        """Tells how long the job took, where it took long."""
        with self.lock:
            self.over.set()
            if self.told or time.monotonic() >= self.due:
                self.tell()

    def tell(self) -> None:
        now = time.monotonic()
        taken = now - self.started
        share = f" ({100 * self.done // self.total} %)" if self.total > 0 else ""
        line = f"{show.plain(self.label)}: {self.done:,} of {self.total:,}{share}, {taken:.0f} s{self._left(taken)}"
        show.news(line, self.stream)
        self.due, self.told = now + max(PAUSE, PACE * taken), True

    def _left(self, taken: float) -> str:
        """What the rest takes, if it goes on as it went."""
        if not 0 < self.done < self.total:
            return ""
        return f", about {show.duration(taken * (self.total - self.done) / self.done)} left"


class Lines:
    """Plain lines for logs and pipes: none for what is over within two seconds."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.running: list[_LineBar] = []

    @contextlib.contextmanager
    def bar(self, label: str, total: int) -> Iterator[progress.Bar]:
        bar = _LineBar(self.stream, label, total)
        self.running.append(bar)
        threading.Thread(target=self._beats, args=(bar,), daemon=True).start()
        try:
            yield bar
        except BaseException:
            bar.over.set()  # what was not done has no end to tell
            raise
        else:
            bar.end()
        finally:
            self.running.remove(bar)

    def _beats(self, bar: _LineBar) -> None:
        """Of jobs within each other only the innermost is told: it is what goes on."""
        while not bar.over.wait(BEAT):
            if self.running[-1:] == [bar]:
                bar.beat()

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
