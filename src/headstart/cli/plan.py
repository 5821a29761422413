"""headstart plan: the evidence, the case, the stage table; writes plan.toml."""

from __future__ import annotations

import shlex
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from headstart import files
from headstart.cli import asked, options, run_folder, show, steps
from headstart.errors import OutputError


def add(subparsers: Any) -> None:
    parser = options.verb(
        subparsers,
        "plan",
        run,
        "measure the pictures, decide the case and write the plan",
        options.pictures(),
        options.network(),
        options.strategy(),
        options.training(),
        options.seed(),
        options.machine(),
        options.cache(),
    )
    parser.add_argument("-o", "--output", default="plan.toml", metavar="FILE", help="(plan.toml)")
    parser.add_argument("--force", action="store_true", help="replace the file")


def run(args: Namespace) -> int:
    from headstart.plan import toml

    output, named = Path(args.output), asked.of(args)
    _check_free(output, force=args.force)
    job = steps.decided(args, named)
    expected = steps.prospects(args, job)
    files.write_text(output, toml.dumps(job.plan))
    if args.json:
        show.as_json(
            {
                "case": job.plan.case,
                "size": job.evidence and job.evidence.size,
                "similarity": job.evidence and job.evidence.similarity,
                "backbone": job.backbone.name,
                "plan": asdict(job.plan),
                "evidence": job.evidence and job.evidence.to_dict(),
                "prospects": expected,
                "output": str(output),
            }
        )
        return 0
    show.out(steps.described(job, expected))
    show.fact("plan", output)
    show.fact("next", _next(args, output))
    return 0


def _next(args: Namespace, output: Path) -> str:
    """The command that does the plan, in a folder that is free."""
    usual = run_folder.usual(args.data)
    free = run_folder.free(usual)
    where = [] if free == usual else ["-o", str(free)]
    return shlex.join(["headstart", "train", args.data, "--plan", str(output), *_kept_flags(args), *where])


def _check_free(output: Path, *, force: bool) -> None:
    """Raises OutputError where the plan cannot be written to `output`."""
    if output.is_dir():
        raise OutputError(f"{output}: is a folder; name a file such as {output / 'plan.toml'}")
    if output.exists() and not force:
        raise OutputError(f"{output}: already there; name another file with -o, or add --force to replace it")


def _kept_flags(args: Namespace) -> list[str]:
    """The flags that a plan does not hold and its run needs again."""
    flags = ["--group-regex", args.group_regex] if args.group_regex else []
    flags += ["--min-per-class", str(args.min_per_class)] if args.min_per_class else []
    flags += [part for name in args.without or [] for part in ("--without", name)]
    if args.keep_features != "fp32":
        flags += ["--keep-features", args.keep_features]
    if args.truncated != "refuse":
        flags += ["--truncated", args.truncated]
    for name in ("weights", "mean", "std", "interpolation", "model_kwargs"):
        value = getattr(args, name)
        if value:
            values = value if isinstance(value, list | tuple) else [value]
            shown = ["=".join(map(str, v)) if isinstance(v, tuple) else str(v) for v in values]
            flags += [f"--{name.replace('_', '-')}", *shown]
    return flags
