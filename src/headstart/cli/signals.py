"""SIGINT and SIGTERM: the first asks the work to stop, a second one leaves at once.

A handler written in Python waits until the main thread comes back from native code, which may take minutes. What the
second signal does is therefore left to a thread that waits for nothing else.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

from headstart import stopping
from headstart.cli import streams

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds in which a second signal is still the same wish: `timeout` and other wrappers send each one twice.
SAME = 0.2
ANEW = "the same command begins anew"
_AGAIN = 0.05  # seconds after which a wish that was swallowed is said again
_PATIENCE = b"\nheadstart: ends with the step at hand; a second time ends at once\n"
_LEFT = b"headstart: left at once\n"


@contextlib.contextmanager
def heard(*, last: bool) -> Iterator[None]:
    """Within the block the first signal calls stopping.ask(). Afterwards former handlers are back.

    last: nothing comes after the block in this process, so that a signal while its threads end leaves at once instead,
    and none changes the exit code in the interpreter's last moments.
    In other threads than the main one, which no signal reaches, nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopping.forget()
    listened = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    if last:
        atexit.register(_deaf, listened)
    with _watched(), _said_again():
        former = {number: signal.getsignal(number) for number in listened}
        try:
            for number in listened:
                signal.signal(number, _first)
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, _leave if last else handler or signal.SIG_DFL)
            stopping.forget()


def stopped_by(error: BaseException) -> int | None:
    """The signal that ended the work with `error`, None where none did.

    Once the work was asked to stop, any error counts: libraries catch what is raised in their midst, and raise others.
    """
    asked = stopping.asked()
    if asked is not None:
        return asked
    return int(signal.SIGINT) if isinstance(error, KeyboardInterrupt) else None


def ended(number: int, way_on: str) -> int:
    """Says that a signal ended the work and how to go on; returns the exit code for it."""
    word = "interrupted" if number == signal.SIGINT else f"stopped by {signal.Signals(number).name}"
    _clean_terminal()
    streams.tell(f"headstart: {word}; {way_on}")
    return 128 + number


def _first(number: int, _frame: object) -> None:
    if stopping.asked() is not None:
        return  # _watch sees to the second
    with contextlib.suppress(OSError):
        if stopping.inside() and os.isatty(2):
            os.write(2, _PATIENCE)
    stopping.ask(number)


def _deaf(numbers: list[signal.Signals]) -> None:
    """The interpreter gives signals that are handled their deadly defaults back, not those that are ignored."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def _leave(number: int, _frame: object) -> None:
    os._exit(128 + number)


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """A thread learns of every signal when it arrives, whatever the main thread is at."""
    reading, writing = os.pipe()
    if hasattr(os, "set_blocking"):  # Windows has it from Python 3.12 on, and asks for it in no version
        os.set_blocking(writing, False)
    former = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_watch, args=(reading,), name="headstart-signals", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(former)
        os.close(writing)
        watcher.join(1)


def _clean_terminal() -> None:
    """The cursor, which bars hide, is shown, and stands before the ^C that the terminal wrote."""
    with contextlib.suppress(OSError):
        if os.isatty(2) and os.environ.get("TERM") != "dumb":
            os.write(2, b"\x1b[?25h\r")


def _watch(reading: int) -> None:
    first: float | None = None
    while got := os.read(reading, 1):
        now = time.monotonic()
        if got[0] not in SIGNALS:
            continue
        if first is None:
            first = now
        elif now - first > SAME:
            _clean_terminal()
            with contextlib.suppress(OSError):
                os.write(2, _LEFT)
            os._exit(128 + got[0])
    os.close(reading)


@contextlib.contextmanager
def _said_again() -> Iterator[None]:
    """Where Python cannot raise, as in a callback of native code, it drops the wish to stop: it is said again."""
    hook = sys.unraisablehook
    if not hasattr(signal, "setitimer"):
        yield
        return

    def swallowed(unraisable: sys.UnraisableHookArgs) -> None:
        if stopping.asked() is None:
            hook(unraisable)
        elif isinstance(unraisable.exc_value, stopping.Stopped):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)

    former = signal.signal(signal.SIGALRM, _once_more)
    sys.unraisablehook = swallowed
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former or signal.SIG_DFL)


def _once_more(_number: int, _frame: object) -> None:
    asked = stopping.asked()
    if asked is not None:
        stopping.ask(asked)
