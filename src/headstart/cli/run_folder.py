"""The folder of a run: who may use it, and what stands in it beside the model."""

from __future__ import annotations

import itertools
import json
import os
import platform
import shlex
from argparse import Namespace
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, seals
from headstart.cli import show
from headstart.cli.signals import ANEW
from headstart.counts import plural
from headstart.errors import OutputError
from headstart.strangers import plain

if TYPE_CHECKING:
    from headstart.data import Intake
    from headstart.plan.plan import Plan

BUNDLE, CHECKPOINTS, PLAN, REPORT = "bundle", "checkpoints", "plan.toml", "report.html"
METRICS, PREDICTIONS, FACTS, QUARANTINE = "metrics.jsonl", "predictions.csv", files.RUN, "quarantine.csv"
ALIKE = "alike.csv"
INFO = "headstart.json"  # what makes a folder a bundle


def name_of(data: str) -> str:
    """What a data set is called: its folder's or file's name."""
    path = Path(data).resolve()
    return (path.stem if path.is_file() else path.name) or "data"


def choose(args: Namespace, kind: str = "") -> Path:
    """The folder asked for, or the usual one."""
    return Path(args.output) if args.output else usual(args.data, kind)


def usual(data: str, kind: str = "") -> Path:
    """runs/<data's name>, with the kind of run behind it."""
    return Path("runs") / f"{name_of(data)}{kind}"


def free(folder: Path) -> Path:
    """`folder`, or where that is in use the first of folder-2, folder-3, … that is not."""
    others = (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))
    return next(place for place in itertools.chain([folder], others) if files.is_free(place))


def bundle_within(folder: Path) -> Path | None:
    """The bundle of the run in `folder`, where there is one."""
    return folder / BUNDLE if (folder / BUNDLE / INFO).is_file() else None


def check(folder: Path, args: Namespace, verb: str = "") -> None:
    """Refuses early what claim() would refuse after the work. Raises OutputError.

    verb: the one that runs are begun with, where it is not the command's own.
    """
    if args.resume:
        begun = begun_with(folder)
        if begun.split()[1:2] != [verb or args.command[0]]:
            raise OutputError(
                f"{folder}: holds a run of `{' '.join(begun.split()[:2])}`, which --resume cannot go on with here; "
                "name another folder"
            )
        return
    files.check_free(folder, force=args.force)


def begun_with(folder: Path) -> str:
    """The command line of the run in `folder`. Raises OutputError."""
    try:
        return str(seals.opened((folder / FACTS).read_text(encoding="utf-8"))["command"])
    except OSError as error:
        raise OutputError(
            f"{folder}: holds no run to resume; leave --resume out, or name the run's folder"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise OutputError(f"{folder / FACTS}: damaged; start anew with --force") from error


def claim(folder: Path, args: Namespace, facts: dict[str, Any]) -> None:
    """Takes the folder for this run and writes env.json. Raises OutputError."""
    if args.resume:
        files.sweep(folder, stale=0)
    else:
        files.claim_folder(folder, force=args.force)
    files.write_json(folder / FACTS, seals.sealed(facts))
    args.claimed = folder


def way_on(args: Namespace) -> str:
    """How to go on where the work was stopped: with --resume where this command has begun a run, and only there."""
    folder = getattr(args, "claimed", None)
    if folder is None:
        return "nothing to resume yet, the same command begins anew" if hasattr(args, "resume") else ANEW
    verb, *rest = (word for word in args.command if word not in ("--force", "--resume"))
    again = shlex.join(["headstart", verb, "--resume", *rest])
    return f"{plain(str(folder))} keeps what is done{_epochs(folder)}; go on with: {plain(again)}"


def _epochs(folder: Path) -> str:
    """How far the training has come, where it has epochs."""
    try:
        last = json.loads((folder / METRICS).read_text(encoding="utf-8").splitlines()[-1])
        return f" ({last['epoch']} of {last['epochs']} epochs)"
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def command(args: Namespace) -> str:
    """The command line as it can be typed again."""
    return shlex.join(["headstart", *args.command])


def facts(args: Namespace, seed: int) -> dict[str, Any]:
    """What a run ran on and with: no name of a host, user or address."""
    from headstart.data import memory
    from headstart.model import versions
    from headstart.runtime import processor

    return {
        "command": command(args),
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seed": seed,
        "versions": versions(),
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": processor(),
            "cores": os.cpu_count(),
            "memory_bytes": memory.installed(),
        },
    }


def write_plan(folder: Path, plan: Plan) -> None:
    """What the run goes by. Raises OutputError."""
    from headstart.plan import toml

    files.write_text(folder / PLAN, toml.dumps(plan))


def write_intake(folder: Path, intake: Intake) -> None:
    """The files that were left out and the pictures that are alike, where there are any. Raises OutputError."""
    from headstart import data

    if intake.quarantine:
        data.write_quarantine(folder / QUARANTINE, intake.quarantine)
    if intake.alike:
        data.write_alike(folder / ALIKE, intake.alike)


def print_intake(folder: Path, counts: Mapping[str, int]) -> None:
    """Says where what was left out and what is alike is listed; counts: "pictures" of what --json prints."""
    left_out, alike = counts["quarantine"], counts["alike"]
    if left_out:
        show.fact("left out", f"{plural(left_out, 'file')}, listed in {folder / QUARANTINE}")
    if alike:
        show.fact("alike", f"{plural(alike, 'pair')} of pictures, listed in {folder / ALIKE}")


def write_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """JSON lines, one per record, atomically. Raises OutputError."""
    files.write_text(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
