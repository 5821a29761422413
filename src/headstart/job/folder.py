"""The folder of a run: who may use it, and what stands in it beside the model."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files, seals
from headstart.errors import OptionError, OutputError, PlanError

if TYPE_CHECKING:
    from headstart.data import Intake
    from headstart.job.options import Options
    from headstart.planning.plan import Plan
    from headstart.training.loggers import MetricsFile

BUNDLE, CHECKPOINTS, PLAN, REPORT = "bundle", "checkpoints", "plan.toml", "report.html"
METRICS, PREDICTIONS, FACTS, QUARANTINE = "metrics.jsonl", "predictions.csv", files.RUN, "quarantine.csv"
ALIKE, FIX, SUSPECTS, CONTENTS = "alike.csv", "fix.csv", "review.csv", "report.json"
_RESUMABLE = ("train", "compare", "pretrain")  # verbs that have --resume


def title_of(data: str | None) -> str:
    """What a data set is called: its folder's or file's name; "pictures" for what is in memory."""
    if data is None:
        return "pictures"
    path = Path(data).resolve()
    return (path.stem if path.is_file() else path.name) or "data"


def usual(data: str, kind: str = "") -> Path:
    """runs/<data's name>, with the kind of run behind it."""
    return Path("runs") / f"{title_of(data)}{kind}"


def first_free(folder: Path) -> Path:
    """`folder`, or where that is in use the first of folder-2, folder-3, … that is not."""
    others = (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))
    return next(place for place in itertools.chain([folder], others) if files.is_free(place))


@dataclass(frozen=True)
class Folder:
    """path: where it lies; verb: what it is a run of; force, resume: a former one is replaced, or continued."""

    path: Path
    verb: str
    force: bool = False
    resume: bool = False

    @staticmethod
    def of(options: Options, verb: str) -> Folder | None:
        """The folder that was asked for; None where the run stays in memory. Raises OutputError, see check()."""
        if options.output is None:
            if options.resume:
                raise OutputError("resume: needs the folder of the run; name it as output")
            return None
        folder = Folder(Path(options.output), verb, options.force, options.resume)
        folder.check()
        return folder

    def check(self) -> None:
        """Refuses early what claim() would refuse after the work. Raises OutputError."""
        if not self.resume:
            files.check_free(self.path, force=self.force, resumable=self.verb in _RESUMABLE)
            return
        words = self.begun_with().split()
        if words[1:2] != [self.verb]:
            raise OutputError(
                f"{self.path}: holds a run of `{' '.join(words[:2])}`, which --resume cannot go on with here; "
                "name another folder"
            )

    def begun_with(self) -> str:
        """The command line of the run in the folder. Raises OutputError."""
        try:
            return str(seals.opened((self.path / FACTS).read_text(encoding="utf-8"))["command"])
        except OSError as error:
            raise OutputError(
                f"{self.path}: holds no run to resume; leave --resume out, or name the run's folder"
            ) from error
        except (ValueError, LookupError, TypeError) as error:
            raise OutputError(f"{self.path / FACTS}: damaged; start anew with --force") from error

    def check_plan(self, plan: Plan) -> None:
        """A run is resumed with its own plan or not at all. Raises PlanError."""
        from dataclasses import fields

        from headstart.job.named import plan_in

        if not self.resume or not (self.path / PLAN).exists():
            return
        former = plan_in(self.path / PLAN)
        other = [f.name for f in fields(former) if getattr(former, f.name) != getattr(plan, f.name)]
        if other:
            raise PlanError(
                f"--resume: {self.path / PLAN} is another plan than these flags and pictures give now "
                f"(it differs in: {', '.join(other)}); resume with the run's own command and version, or start anew "
                "with --force"
            )

    def claim(self, facts: Mapping[str, Any]) -> None:
        """Takes the folder for this run and writes env.json. Raises OutputError."""
        if self.resume:
            files.sweep(self.path, stale=0)
        else:
            files.claim_folder(self.path, force=self.force, resumable=self.verb in _RESUMABLE)
        files.write_json(self.path / FACTS, seals.sealed(dict(facts)))

    def write_plan(self, plan: Plan) -> None:
        """What the run goes by. Raises OutputError."""
        from headstart.planning import toml

        files.write_text(self.path / PLAN, toml.dumps(plan))

    def write_intake(self, intake: Intake) -> None:
        """What was left out, what is alike and what was corrected, where there is any. Raises OutputError."""
        from headstart import data
        from headstart.data import corrections

        if intake.quarantine:
            data.write_quarantine(self.path / QUARANTINE, intake.quarantine)
        if intake.alike:
            data.write_alike(self.path / ALIKE, intake.alike)
        if intake.corrected:
            corrections.write(self.path / FIX, intake.corrected)

    def check_fix(self, intake: Intake) -> None:
        """A run is resumed with its own corrections or not at all. Raises OptionError."""
        from headstart.data import corrections

        if not self.resume or not (self.path / PLAN).exists():
            return
        place = self.path / FIX
        former = place.read_text(encoding="utf-8") if place.exists() else ""
        if former != (corrections.text(intake.corrected) if intake.corrected else ""):
            begun = f"with the corrections in {place}" if former else "without corrections"
            raise OptionError(
                f"--resume: this run was begun {begun}; give --fix as then, or start anew with --force"
            )

    def logger(self) -> MetricsFile:
        """What writes epochs into metrics.jsonl as they end."""
        from headstart.training.loggers import MetricsFile

        return MetricsFile(self.path / METRICS)

    def write_metrics(self, records: Iterable[Mapping[str, Any]]) -> None:
        """metrics.jsonl whole, atomically. Raises OutputError."""
        lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        files.write_text(self.path / METRICS, "".join(lines))


def command_of(options: Options, folder: Folder | None) -> str:
    """The command line of a run: where it goes on, the one that it was begun with. Raises OutputError."""
    return folder.begun_with() if folder and folder.resume else options.command
