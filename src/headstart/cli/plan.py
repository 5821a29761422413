"""headstart plan: the evidence, the case, the stage table; writes plan.toml."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import extras, written
from headstart.cli import asked, deciding, options, recipe, show
from headstart.counts import plural
from headstart.job import folder
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.job.prepare import Prepared


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "plan",
        run,
        "measure the pictures, decide the case and write the plan",
        options.pictures(),
        options.network(),
        options.strategy(),
        recipe.training(),
        recipe.stages(),
        deciding.taxonomy(),
        options.seed(),
        options.machine(),
        options.cache(),
    )
    parser.add_argument("-o", "--output", default="plan.toml", metavar="FILE", help="(plan.toml)")
    parser.add_argument("--force", action="store_true", help="replace the file")
    add_why(parser)


def run(args: Namespace, session: Session) -> int:
    from headstart.job.plan import plan, to_dict
    from headstart.training.needs import lacking

    planned = plan(asked.options(args, session))
    if args.json:
        show.as_json(to_dict(planned))
        return 0
    show.out(described(planned, why=args.why))
    show.fact("plan", args.output)
    if lacking(planned.plan):
        show.fact("first", extras.command())
    show.fact("next", _next(args, Path(args.output)))
    return 0


def add_why(parser: ArgumentParser) -> None:
    parser.add_argument("--why", action="store_true", help="print all reasons, with what was measured")


def described(prepared: Prepared, *, why: bool) -> str:
    """The plan's summary and table, below it what is expected; with its reasons where `why`."""
    text = prepared.text(why=why)
    hidden = len(prepared.plan.reasons)
    if hidden and not why:
        text += f"\n{plural(hidden, 'more reason')} with --why\n"
    return f"{text}\n{show.prospects(prepared.prospects)}\n" if prepared.prospects else text


def briefly(prepared: Prepared) -> str:
    """What is about to be done, in a few sentences; a plan from elsewhere may have none: then its table."""
    plan = prepared.plan
    if not plan.summary:
        return prepared.text(why=False)
    return "\n".join((*map(plain, plan.summary), "(--why tells all reasons, and what was measured)\n"))


def _next(args: Namespace, output: Path) -> str:
    """The command that does the plan, in a folder that is free."""
    usual = folder.usual(args.data)
    free = folder.first_free(usual)
    where = [] if free == usual else ["-o", str(free)]
    return shlex.join(["headstart", "train", args.data, "--plan", str(output), *_kept_flags(args), *where])


def _kept_flags(args: Namespace) -> list[str]:
    """The flags that a plan does not hold and its run needs again."""
    flags = ["--group-regex", args.group_regex] if args.group_regex else []
    flags += ["--min-per-class", str(args.min_per_class)] if args.min_per_class else []
    flags += ["--taxonomy", args.taxonomy] if args.taxonomy else []
    flags += ["--most-per-class", str(args.most_per_class)] if args.most_per_class else []
    flags += [part for name in args.without or [] for part in ("--without", name)]
    flags += ["--fix", args.fix] if args.fix else []
    if args.keep_features != "fp32":
        flags += ["--keep-features", args.keep_features]
    if args.truncated != "refuse":
        flags += ["--truncated", args.truncated]
    for name in ("weights", "mean", "std", "interpolation", "model_kwargs"):
        value = getattr(args, name)
        if value:
            values = value if isinstance(value, list | tuple) else [value]
            shown = ["=".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in values]
            flags += [written.flag(name), *shown]
    return flags
