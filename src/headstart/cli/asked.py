"""From parsed flags to what a job takes: no Namespace goes further than this."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from headstart.job.options import Options

if TYPE_CHECKING:
    from headstart.cli.session import Session
    from headstart.planning.plan import Plan
    from headstart.runtime import Execution


def options(args: Namespace, session: Session, **more: Any) -> Options:
    """The flags as options; a flag that the verb has not, or that was not given, has the options' default."""
    known = {entry.name for entry in dataclasses.fields(Options)}
    given = {name: value for name, value in vars(args).items() if name in known and value is not None}
    for name in ("model_kwargs", "lr_scale", "sensitivity"):
        if name in given:
            given[name] = dict(given[name])
    return Options(**{**given, "command": session.command, **more})


def execution(args: Namespace, session: Session, plan: Plan) -> Execution:
    """How a bundle's network runs: as the flags say, else as its plan says."""
    from headstart.job.prepare import execution_of

    return execution_of(options(args, session), plan)
