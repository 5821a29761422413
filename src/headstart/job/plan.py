"""plan(): the evidence, the case, the stage table; nothing is trained."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, progress
from headstart.errors import OutputError
from headstart.job.named import look_up
from headstart.job.prepare import Prepared, prepare
from headstart.training import needs

if TYPE_CHECKING:
    from headstart.job.options import Options


def plan(options: Options) -> Prepared:
    """Measures and decides; with an output file the plan is written there.

    Raises DataError, BackboneError, PlanError, PictureError, OutputError.
    """
    named = look_up(options)
    output = None if options.output is None else Path(options.output)
    if output:
        _check_free(output, force=options.force)
    prepared = prepare(options, named)
    prepared.dataset.forget_frames()
    if lack := needs.lacking(prepared.plan):
        progress.say(lack)
    if output:
        write(prepared, output)
    return prepared


def write(prepared: Prepared, output: Path) -> None:
    """The plan as TOML. Raises OutputError."""
    from headstart.planning import toml

    files.write_text(output, toml.dumps(prepared.plan))


def to_dict(prepared: Prepared) -> dict[str, Any]:
    """What --json prints; docs/json.md tells its fields."""
    plan, evidence, output = prepared.plan, prepared.evidence, prepared.options.output
    return {
        "case": plan.case,
        "lesson": plan.lesson or None,
        "size": evidence and evidence.size,
        "similarity": evidence and evidence.similarity,
        "backbone": prepared.backbone.name,
        "plan": asdict(plan),
        "evidence": evidence and evidence.to_dict(),
        "prospects": [asdict(prospect) for prospect in prepared.prospects],
        "output": output and str(output),
    }


def _check_free(output: Path, *, force: bool) -> None:
    """Raises OutputError where the plan cannot be written to `output`."""
    if output.is_dir():
        raise OutputError(f"{output}: is a folder; name a file such as {output / 'plan.toml'}")
    files.check_absent(output, force=force)
