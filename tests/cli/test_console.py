"""Progress: bars on a terminal, plain lines elsewhere, nothing for what is quick or quiet."""

from __future__ import annotations

import contextlib
import io
import threading

import pytest

from headstart import progress
from headstart.cli import console


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    hands = Clock()
    monkeypatch.setattr(console, "time", hands)
    monkeypatch.setattr(console, "BEAT", 3600)
    return hands


def test_what_is_said_once_is_said_to_every_new_reader(said: list[str]) -> None:
    for line in ("one", "two", "one"):
        progress.say_once(line)
    assert said == ["one", "two"]
    stream = io.StringIO()
    progress.use(console.Lines(stream))
    progress.say_once("one")
    assert stream.getvalue() == "one\n"


def test_a_quick_job_is_not_mentioned(clock: Clock) -> None:
    stream = io.StringIO()
    with console.Lines(stream).bar("reading", 10) as bar:
        for _ in range(10):
            clock.now += 0.1
            bar.advance()
    assert stream.getvalue() == ""


def test_a_long_job_gets_a_line_every_few_seconds(clock: Clock) -> None:
    stream = io.StringIO()
    with console.Lines(stream).bar("reading", 12) as bar:
        for _ in range(12):
            clock.now += 1
            bar.advance()
    assert stream.getvalue().splitlines() == [
        "reading: 2 of 12 (16 %), 2 s, about 10 s left",
        "reading: 7 of 12 (58 %), 7 s, about 5 s left",
        "reading: 12 of 12 (100 %), 12 s",
    ]


def test_a_job_of_unknown_length(clock: Clock) -> None:
    stream = io.StringIO()
    with console.Lines(stream).bar("reading", 0):
        clock.now += 3
    assert stream.getvalue() == "reading: 0 of 0, 3 s\n"


def test_a_job_that_does_not_move_is_told_of_all_the_same(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of jobs within each other only the inner one, which is what goes on."""
    monkeypatch.setattr(console, "BEAT", 0.01)
    stream = io.StringIO()
    lines = console.Lines(stream)
    with lines.bar("outer", 3), lines.bar("inner", 2) as bar:
        bar.advance()
        clock.now += 60
        for _ in range(1000):
            if stream.getvalue():
                break
            threading.Event().wait(0.01)
        assert stream.getvalue() == "inner: 1 of 2 (50 %), 60 s, about 60 s left\n"


def test_what_failed_has_no_last_line(clock: Clock) -> None:
    stream = io.StringIO()
    with contextlib.suppress(ValueError), console.Lines(stream).bar("reading", 3):
        clock.now += 60
        raise ValueError
    assert stream.getvalue() == ""


def test_quiet_is_silent() -> None:
    assert isinstance(console.choose(quiet=True), progress.Silent)


def test_a_pipe_gets_lines() -> None:
    assert isinstance(console.choose(quiet=False, stream=io.StringIO()), console.Lines)


def test_bars_may_be_nested(capsys: pytest.CaptureFixture[str]) -> None:
    bars = console.Bars()
    with bars.bar("outer", 2) as outer:
        bars.say("news [with brackets]")
        with bars.bar("inner", 0) as inner:
            inner.advance()
        outer.advance(2)
    said = capsys.readouterr()
    assert said.out == ""
    assert "news [with brackets]" in said.err


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert console.Bars().console.no_color
