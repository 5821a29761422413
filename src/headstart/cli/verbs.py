"""The verbs: their parser, and how one is run. Errors become one line and an exit code here, and nowhere else."""

from __future__ import annotations

import difflib
import errno
import traceback
from argparse import Namespace
from collections.abc import Sequence

import headstart
from headstart import progress, stopping
from headstart.cli import (
    backbones,
    compare,
    console,
    demo,
    evaluate,
    explain,
    export,
    inspect,
    options,
    plan,
    predict,
    pretrain,
    report,
    review,
    serve,
    show,
    signals,
    teach,
    train,
)
from headstart.cli.pages import keep_pages
from headstart.cli.session import Session
from headstart.errors import HeadstartError

VERBS = (
    demo,
    review,
    plan,
    train,
    evaluate,
    predict,
    explain,
    export,
    serve,
    teach,
    report,
    compare,
    backbones,
    inspect,
    pretrain,
)
INTERNAL = 1
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")


def parser() -> options.Parser:
    """The whole command line's parser."""
    top = options.parser(
        VERBS,
        description="Measures which kind of transfer learning fits your pictures, does it, and proves it.",
    )
    top.add_argument("--version", action="version", version=f"headstart {headstart.__version__}")
    return top


def run(given: list[str]) -> int:
    """Runs one command and returns its exit code; options.EXIT_CODES tells them."""
    try:
        _known_verb(given)
        args, unknown = parser().parse_known_args(given)
        _no_more(unknown, args)
    except HeadstartError as error:
        return _refused(error)
    except SystemExit as stop:  # argparse has said what there was to say
        return int(stop.code or 0)
    return _guarded(args, Session(given, hasattr(args, "resume")))


def _known_verb(argv: Sequence[str]) -> None:
    """Raises HeadstartError with the nearest verb where there is none of that name."""
    known = [module.__name__.rpartition(".")[2] for module in VERBS]
    if argv and not argv[0].startswith("-") and argv[0] not in known:
        near = difflib.get_close_matches(argv[0], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
        raise HeadstartError(f"verb {argv[0]!r} is unknown; {hint}")


def _no_more(unknown: Sequence[str], args: Namespace) -> None:
    """Raises HeadstartError with the nearest flag where an argument is not the verb's."""
    if not unknown:
        return
    name, see = unknown[0].partition("=")[0], f"see {args.parser.prog} --help"
    if not name.startswith("-"):
        raise HeadstartError(f"{name!r}: one argument too many; {see}")
    near = args.parser.nearest(name)
    hint = f"did you mean {near}? Else " if near else ""
    raise HeadstartError(f"flag {name} is unknown; {hint}{see}")


def _guarded(args: Namespace, session: Session) -> int:
    try:
        progress.use(console.choose(quiet=args.quiet))
        keep_pages()
        code = args.run(args, session)
        stopping.check()
        return code
    except BaseException as error:
        number = signals.stopped_by(error)
        if number is not None:
            return signals.ended(number, session.way_on())
        if not isinstance(error, Exception):
            raise
        return _failed(error, debug=args.debug)  # the last door: nothing may leave as a bare traceback
    finally:
        progress.use(progress.Silent())


def _failed(error: Exception, *, debug: bool) -> int:
    if debug:
        show.news("".join(traceback.format_exception(error)).rstrip("\n"))
    if isinstance(error, HeadstartError):
        return _refused(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f"{error.filename}: " if error.filename else ""
        return _refused(HeadstartError(f"{where}no space left on the disk; free some, or write elsewhere"))
    if _starved(error):
        return _refused(
            HeadstartError("not enough memory; smaller pictures, batches or networks need less of it")
        )
    said = " ".join(str(error).split()) or "no message"
    hint = "" if debug else " (run with --debug for the traceback)"
    show.error(f"internal error: {type(error).__name__}: {said}{hint}")
    return INTERNAL


def _starved(error: Exception) -> bool:
    """Python's, torch's and a graphics card's ways of saying that memory is at its end."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(said in str(error) for said in _NO_MEMORY)
    )


def _refused(error: HeadstartError) -> int:
    show.error(" ".join(str(error).split()))
    return error.exit_code
