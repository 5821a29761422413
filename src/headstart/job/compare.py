"""compare(): every strategy side by side on one set of pictures, with equal budgets."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import extras, files, written
from headstart.errors import PlanError
from headstart.job.facts import Facts
from headstart.job.fitting import settings_of
from headstart.job.folder import Folder, command_of
from headstart.job.named import look_up
from headstart.job.prepare import Prepared, prepare
from headstart.job.train import Hooks, begin

if TYPE_CHECKING:
    from headstart.job.options import Options
    from headstart.study import Comparison, Contender

RESULTS, TABLE, FIGURE, TRIALS = "compare.json", "compare.csv", "compare.svg", "trials"
# What would name one strategy of those that are compared.
_ONE = (
    "case",
    "cut",
    "init",
    "head_init",
    "head_layers",
    "lr",
    "fallback",
    "freeze_below",
    "lr_scale",
    "plan",
)


@dataclass(frozen=True)
class Compared:
    """prepared: pictures, network and the plan whose choice is marked; comparison: what came of every strategy."""

    prepared: Prepared
    comparison: Comparison
    folder: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        partition, intake = self.prepared.partition, self.prepared.intake
        return {
            "backbone": self.prepared.backbone.name,
            "case": self.prepared.plan.case,
            "split": partition.report_name,
            "pictures": {
                "train": len(partition.train),
                "report": len(partition.report),
                "quarantine": len(intake.quarantine),
                "alike": len(intake.alike),
            },
            "contenders": [standing.to_dict() for standing in self.comparison.standings()],
            "choice": self.comparison.choice,
            "regret": self.comparison.regret,
            "run": self.folder and str(self.folder),
        }

    def figure(self) -> str:
        """The strategies as an SVG drawing."""
        from headstart.report import comparison as drawing

        return drawing.figure(self.comparison.standings())

    def save(self, folder: Folder | str | Path) -> Compared:
        """Writes results, answers and figure into the folder; returns the comparison that lies there.

        A folder that is given by its path must be new or empty. Raises OutputError.
        """
        if not isinstance(folder, Folder):
            folder = Folder(Path(folder), "compare")
            folder.check()
            folder.claim(Facts.now(self.prepared.options.command, self.prepared.plan.seed).to_dict())
        return self._write(folder.path)

    def _write(self, folder: Path) -> Compared:
        kept = replace(self, folder=folder)
        files.write_json(folder / RESULTS, kept.to_dict())
        files.write_text(folder / FIGURE, self.figure())
        names = [outcome.name for outcome in self.comparison.outcomes]
        files.write_csv(folder / TABLE, ("path", "label", *names), self._answers())
        return kept

    def _answers(self) -> Iterator[tuple[str, ...]]:
        """(path, label, each strategy's answer) of each report picture."""
        dataset, comparison = self.prepared.dataset, self.comparison
        paths = dataset.paths
        answers = (outcome.predictions for outcome in comparison.outcomes)
        for i, label, *named in zip(self.prepared.partition.report, comparison.labels, *answers, strict=True):
            yield paths[i], *(dataset.classes[place] for place in (label, *named))

    def _repr_html_(self) -> str:
        return self.figure()


def compare(options: Options, hooks: Hooks = Hooks()) -> Compared:  # noqa: B008 - frozen
    """Tries every strategy and marks what the plan chooses.

    With an output folder what was tried is kept there, and not tried again. Raises what train() does, and PlanError
    for an option that would name one strategy.
    """
    _refuse(options)
    extras.need("compare, which trains networks too")
    named = look_up(options)
    folder = Folder.of(options, "compare")
    prepared = prepare(options, named)
    contenders = _contenders(prepared)
    if folder:
        facts = Facts.now(command_of(options, folder), prepared.plan.seed)
        begin(folder, prepared, facts, hooks)
    with _trials(folder) as place:
        compared = Compared(prepared, _compare(prepared, contenders, place))
    return compared.save(folder) if folder else compared


def _refuse(options: Options) -> None:
    """Raises PlanError for options that would name one strategy."""
    for name in _ONE:
        if getattr(options, name) not in (None, {}):
            raise PlanError(
                f"{written.flag(name)}: compare tries every strategy, each training at two rates; leave it out"
            )


@contextlib.contextmanager
def _trials(folder: Folder | None) -> Iterator[Path]:
    """Where outcomes are kept: in the run's folder, or for the block's time alone."""
    if folder:
        yield folder.path / TRIALS
        return
    with tempfile.TemporaryDirectory(prefix="headstart-") as place:
        yield Path(place)


def _contenders(prepared: Prepared) -> tuple[Contender, ...]:
    from headstart.data.split import selection
    from headstart.study import contenders

    assert prepared.evidence is not None, "compare reads no plan"
    plan = prepared.plan
    kept, _ = selection(prepared.dataset, prepared.partition, plan.seed)
    return contenders(
        prepared.backbone,
        cut=prepared.evidence.lower.cut,
        n=len(kept),
        seed=plan.seed,
        class_weight=plan.class_weight,
        runtime=plan.runtime,
        precision=plan.precision,
        recipe=prepared.options.recipe,
    )


def _compare(prepared: Prepared, contenders: tuple[Contender, ...], place: Path) -> Comparison:
    from headstart.study import compare

    return compare(
        contenders,
        prepared.plan,
        prepared.backbone,
        prepared.dataset,
        prepared.partition,
        place,
        execution=prepared.execution,
        settings=settings_of(prepared.options),
    )
