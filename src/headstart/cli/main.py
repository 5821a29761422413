"""main(): the command line's front door. It hears signals before anything heavy is imported."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from headstart import stopping
from headstart.cli import signals, streams


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; options.EXIT_CODES tells them.

    Without `argv` the process is taken to be the command's own: after a signal it ends here.
    """
    own, stopped = argv is None, True
    code: int | None = None
    try:
        with signals.heard(last=own), streams.forgiving():
            code = _run(sys.argv[1:] if argv is None else list(argv))
            stopped = stopping.asked() is not None
    except KeyboardInterrupt as outside:  # before the work or after it
        if code is None:
            code = signals.ended(getattr(outside, "signal", signal.SIGINT), signals.ANEW)
    if own and stopped:
        os._exit(code)  # what is half imported, or still under way in threads, is not asked to end in order
    return code


def _run(argv: list[str]) -> int:
    try:
        from headstart.cli import verbs

        return verbs.run(argv)
    except BaseException as error:
        number = signals.stopped_by(error)
        if number is None:
            raise
        return signals.ended(number, signals.ANEW)
