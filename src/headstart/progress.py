"""Progress, said through one door: silent in a library, bars or plain lines where the command line asks for them.

Each context (a thread, an asyncio task) has its own reporter, so that two jobs in one process do not talk into each
other. Threads of headstart's own tell the reporter of whoever started them (data/threads.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol


class Bar(Protocol):
    """One running count."""

    def advance(self, steps: int = 1) -> None: ...


class Reporter(Protocol):
    """Shows what goes on. Implementations write to stderr only."""

    def bar(self, label: str, total: int) -> contextlib.AbstractContextManager[Bar]: ...

    def say(self, line: str) -> None: ...


class _SilentBar:
    def advance(self, steps: int = 1) -> None:
        pass


class Silent:
    """Shows nothing; what a library does unless told otherwise."""

    @contextlib.contextmanager
    def bar(self, label: str, total: int) -> Iterator[Bar]:
        yield _SilentBar()

    def say(self, line: str) -> None:
        pass


@dataclass(frozen=True)
class Audience:
    """A reporter, and what was said to it once and for all: line → whose call said it."""

    reporter: Reporter
    said: dict[str, object] = field(default_factory=dict)


_NOBODY = Audience(Silent())
_audience: ContextVar[Audience] = ContextVar("headstart.progress", default=_NOBODY)


@contextlib.contextmanager
def shown(reporter: Reporter) -> Iterator[None]:
    """Within the block this context's news goes to `reporter`, to which nothing has been said yet."""
    token = _audience.set(Audience(reporter))
    try:
        yield
    finally:
        _audience.reset(token)


def use(reporter: Reporter) -> None:
    """From now on this context's news goes to `reporter`, to which nothing has been said yet."""
    _audience.set(Audience(reporter))


def audience() -> Audience:
    """Whom this context tells, for adopt() in another thread."""
    return _audience.get()


def adopt(audience: Audience) -> None:
    """From now on this context, a new thread's, tells the same audience as the one that it works for."""
    _audience.set(audience)


def bar(label: str, total: int) -> contextlib.AbstractContextManager[Bar]:
    """A running count of `total` steps under `label`; advance it inside the `with` block."""
    return _audience.get().reporter.bar(label, total)


def say(line: str) -> None:
    """One line of news, such as what was chosen and why."""
    _audience.get().reporter.say(line)


def say_once(line: str) -> None:
    """News that several trainings or networks would repeat: said the first time only."""
    call = object()
    if _audience.get().said.setdefault(line, call) is call:  # in one step: threads may say the same
        say(line)
