"""Progress, said through one door: silent in a library, bars or plain lines where the command line asks for them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
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


_reporter: Reporter = Silent()
_said: set[str] = set()


def use(reporter: Reporter) -> Reporter:
    """Sets the process's reporter, to which nothing has been said yet; returns the one before."""
    global _reporter
    before, _reporter = _reporter, reporter
    _said.clear()
    return before


def bar(label: str, total: int) -> contextlib.AbstractContextManager[Bar]:
    """A running count of `total` steps under `label`; advance it inside the `with` block."""
    return _reporter.bar(label, total)


def say(line: str) -> None:
    """One line of news, such as what was chosen and why."""
    _reporter.say(line)


def say_once(line: str) -> None:
    """News that several trainings or networks would repeat: said the first time only."""
    if line not in _said:
        _said.add(line)
        say(line)
