"""Run: what train() came to, and how it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import files
from headstart.counts import percent
from headstart.job import deciding
from headstart.job.embedding import drawing
from headstart.job.explained import explained_pictures
from headstart.job.folder import BUNDLE, PREDICTIONS, REPORT, SUSPECTS, Folder, title_of
from headstart.job.report import write

if TYPE_CHECKING:
    import numpy as np

    from headstart.assess import Baseline, Evaluation, Hindsight, Sureness
    from headstart.assess.levels import Levels
    from headstart.assess.points import Points
    from headstart.evidence import Evidence
    from headstart.evidence.more import More
    from headstart.job.facts import Facts
    from headstart.job.like import Change
    from headstart.job.prepare import Prepared
    from headstart.model import Model
    from headstart.planning.plan import Plan
    from headstart.report import Contents, Judged, Page
    from headstart.report.explained import ExplainedPictures
    from headstart.screening import Reviewed
    from headstart.training.choice import Choice
    from headstart.training.fit import Fitted

_HEAD = ("path", "split", "label", "prediction", "confidence", "digest")  # of predictions.csv


@dataclass(frozen=True, repr=False)
class Run:
    """A proven classifier, and all that it was made of.

    prepared    pictures, parts, network, plan and evidence
    fitted      what training came to, every way that was tried
    model       the classifier; evaluation: it on the report pictures; baselines: what that is held against
    index       int64 [R]: the pictures that the evaluation is about; folds: that of each fold, where it was proved so
    hindsight   every way that was tried on the report pictures, by its arm's name, looked at after the choice; empty
                where the run was proved in folds
    facts       when, on what and with what it ran
    change      old and new model on the same pictures, where `like` named an old run
    folder      where it is kept; None where it lives in memory alone
    """

    prepared: Prepared
    fitted: Fitted
    model: Model
    evaluation: Evaluation
    baselines: Sequence[Baseline]
    facts: Facts
    index: np.ndarray
    folds: tuple[Evaluation, ...] = ()
    change: Change | None = None
    folder: Path | None = None
    hindsight: Mapping[str, Hindsight] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """What was to be done."""
        return self.prepared.plan

    @property
    def kept(self) -> Plan:
        """What the model stands for, after any fall-back."""
        return self.fitted.plan

    @property
    def choice(self) -> Choice:
        """What was planned, tried and kept, and why."""
        from headstart.training.choice import choice

        return choice(self.plan, self.kept, self.fitted.arms)

    @property
    def told(self) -> tuple[str, ...]:
        """What was kept and why, how the trainings went, and what it knows by heart: sentences."""
        from headstart.assess.words import afterwards
        from headstart.training import words

        courses = [words.course(arm.name, arm.course) for arm in self.fitted.arms if arm.course]
        gap = words.gap(self.choice.kept)
        looked_back = afterwards(self.hindsight.values(), words.called)
        undecided = deciding.undecided(self.prepared.options, self.model)
        return (self.choice.sentence, *courses, *(said for said in (gap, looked_back) if said), *undecided)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What came of it, for people without statistics; then `told`."""
        from headstart.assess import summarise, words

        found = summarise(self.evaluation, self.baselines)
        return (words.headline(found), *words.plainly(found), *self.told)

    @cached_property
    def sureness(self) -> Sureness:
        """What the model's own word of how sure it is is worth on the report pictures."""
        from headstart.assess import Sureness

        return Sureness.of(self.evaluation, self.model.certainty)

    @property
    def evidence(self) -> Evidence | None:
        """What was measured; None where a plan was given."""
        return self.prepared.evidence

    @cached_property
    def points(self) -> Points:
        """Curves of sensitivity and specificity, and what the model's decision reaches on the report pictures."""
        from headstart.job.points import of_run

        return of_run(self, deciding.wanted(self.prepared.options, self.model.classes))

    @cached_property
    def levels(self) -> Levels | None:
        """How right it is at each level of the taxonomy; None without one."""
        from headstart.assess.levels import levels

        return levels(self.evaluation, self.model.taxonomy) if self.model.taxonomy else None

    @cached_property
    def suspects(self) -> Reviewed | None:
        """Training labels that may be wrong, by what was held out while training; None where nothing was."""
        import numpy as np

        from headstart.screening import of_held_out

        held, parts = self.fitted.held_out, self.prepared.partition
        if held is None:
            return None
        return of_held_out(self.prepared.intake, held, np.concatenate([parts.train, parts.selection]))

    @cached_property
    def _explained(self) -> ExplainedPictures | None:
        from headstart.report.contents import surest

        return explained_pictures(self, *surest(self._judged))

    _drawing = cached_property(drawing)

    def more(self) -> More | None:
        """What more pictures would bring; None where the learning curve does not know."""
        from headstart.evidence.more import more

        scored = self.evaluation.scored
        return more(self.evidence, scored.accuracy, scored.found, frozen=self.kept.frozen)

    def report(self) -> Page:
        """The report as one HTML page: shown in a notebook, kept by its `write(path)`."""
        from headstart.report import Page, render

        return Page(render(self._contents()))

    def _contents(self) -> Contents:
        from headstart.report import Contents, Way
        from headstart.report.contents import examples, surest

        drawing, explained = self._drawing, self._explained  # the one is drawn while the other is looked at
        prepared, dataset = self.prepared, self.prepared.dataset
        counts = dataset.take(prepared.partition.train).counts().tolist()
        undecided = deciding.undecided(prepared.options, self.model)
        mistakes, hits = surest(self._judged)
        title = self.folder.resolve().name if self.folder else title_of(prepared.options.path)
        return Contents(
            title=title,
            created=self.facts.created,
            backbone=prepared.backbone,
            plan=self.plan,
            evidence=self.evidence,
            evaluations=(self.evaluation.scored,),
            baselines=self.baselines,
            arms=tuple(map(Way.of, self.fitted.arms)),
            kept=self.kept,
            story=self.choice.sentence,
            hindsight=self.hindsight,
            history=self.fitted.history,
            mistakes=mistakes,
            hits=hits,
            examples=examples(self._judged),
            class_counts=dict(zip(dataset.classes, counts, strict=True)),
            quarantine=prepared.intake.quarantine,
            notes=(*prepared.intake.notes, *self._folds_told(), *self._change_told(), *undecided),
            command=self.facts.command,
            bundle=str(self.folder / BUNDLE) if self.folder else "",
            promise=str(self.more() or ""),
            explained=explained,
            embedding=drawing.result(),
            certainty=self.sureness,
            points=self.points if self.points.curves else None,
            levels=self.levels,
            suspects=self.suspects if self.suspects and self.suspects.findings else None,
        )

    def save(self, folder: Folder | str | Path) -> Run:
        """Writes bundle, metrics, predictions and report into the folder; returns the run that is kept there.

        A folder that is given by its path is taken as train() takes it: it must be new or empty. Raises OutputError.
        """
        if not isinstance(folder, Folder):
            folder = Folder(Path(folder), "train")
            folder.check()
            folder.claim(self.facts.to_dict())
            folder.write_plan(self.plan)
            folder.write_intake(self.prepared.intake)
        from headstart.screening import write_table

        run = self._in(folder.path)
        run._save_bundle(folder.path / BUNDLE)
        folder.write_metrics(
            [*(e.to_dict() for e in self.fitted.history), {"final": True, **self._metrics()}]
        )
        split, decided = self.evaluation.split, self._decided()
        digests = self.model.short_digests(self.prepared.dataset, self.index)
        rows = (
            (one.path, split, one.label, one.prediction, f"{one.confidence:.6f}", digest, *more)
            for one, digest, more in zip(self._judged, digests, decided or [()] * len(digests), strict=True)
        )
        files.write_csv(folder.path / PREDICTIONS, (*_HEAD, *(["decided"] if decided else ())), rows)
        if run.suspects and run.suspects.findings:
            write_table(folder.path / SUSPECTS, run.suspects, run.prepared.intake.corrected)
        write(folder.path, run._contents())
        return run

    def _in(self, folder: Path) -> Run:
        """The run as it is kept in the folder; what was worked out of it goes along."""
        run, names = replace(self, folder=folder), {one.name for one in fields(self)}
        vars(run).update({name: value for name, value in vars(self).items() if name not in names})
        return run

    def _save_bundle(self, place: Path) -> None:
        from headstart import model

        model.save(
            self.model,
            place,
            evidence=self.evidence and self.evidence.to_dict(),
            metrics=self._metrics(),
            dataset=self.prepared.dataset,
            partition=self.prepared.partition,
            left_out=tuple(self.prepared.intake.left_out),
            history=self.fitted.history,
        )

    def _folds_told(self) -> tuple[str, ...]:
        if not self.folds:
            return ()
        each = ", ".join(percent(fold.accuracy) for fold in self.folds)
        return (
            f"proved in {len(self.folds)} folds, each named by a model of the others' pictures ({each}); the model "
            "itself is trained on all of them",
        )

    def _change_told(self) -> tuple[str, ...]:
        return () if self.change is None else (f"beside {self.change.run}, on {self.change}",)

    def _metrics(self) -> dict[str, Any]:
        from headstart.assess import baselines_dict

        return {
            "splits": {self.evaluation.split: self.evaluation.to_dict()},
            "baselines": baselines_dict(self.baselines),
            "arms": [{**arm.to_dict(), "report": self._afterwards(arm.name)} for arm in self.fitted.arms],
            "choice": self.choice.to_dict(),
            **({"folds": [fold.to_dict() for fold in self.folds]} if self.folds else {}),
        }

    def _afterwards(self, name: str) -> dict[str, Any] | None:
        found = self.hindsight.get(name)
        return found and found.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """What --json prints; docs/json.md tells its fields."""
        prepared, place, more = self.prepared, self.folder, self.more()
        return {
            "case": self.plan.case,
            "lesson": self.plan.lesson or None,
            "size": self.evidence and self.evidence.size,
            "similarity": self.evidence and self.evidence.similarity,
            "backbone": prepared.backbone.name,
            **self._metrics(),
            **({"like": self.change.to_dict()} if self.change else {}),
            **({"points": self.points.to_dict()} if self.decides else {}),
            **({"levels": self.levels.to_dict()} if self.levels else {}),
            "plan": asdict(self.plan),
            "kept": asdict(self.kept),
            "certainty": self.sureness.to_dict(),
            "evidence": self.evidence and self.evidence.to_dict(),
            "more": more and more.to_dict(),
            "sentences": [*self.sentences, *([str(more)] if more else [])],
            "pictures": {
                "train": len(prepared.partition.train),
                "quarantine": len(prepared.intake.quarantine),
                "alike": len(prepared.intake.alike),
            },
            "suspects": self.suspects and self.suspects.to_dict(),
            "run": place and str(place),
            "bundle": place and str(place / BUNDLE),
            "report": place and str(place / REPORT),
        }

    @property
    def decides(self) -> bool:
        """Whether the model has a decision, or people were named to stand beside it."""
        return self.model.decision is not None or self.prepared.options.points is not None

    def _decided(self) -> list[tuple[str]]:
        """What each report picture is called by the model's decision; nothing without one."""
        if self.model.decision is None:
            return []
        names = self.evaluation.classes
        return [(names[place],) for place in self.model.decision.decide(self.evaluation.probabilities)]

    @cached_property
    def _judged(self) -> list[Judged]:
        """The answer to each report picture."""
        from headstart.report import Judged

        evaluation, dataset = self.evaluation, self.prepared.dataset
        pictures = [dataset.pictures[i] for i in self.index]
        names, best = evaluation.classes, evaluation.probabilities.max(axis=1)
        judged = zip(pictures, evaluation.labels, evaluation.predictions, best, strict=True)
        return [Judged(one, names[label], names[answer], float(p)) for one, label, answer, p in judged]

    def __repr__(self) -> str:
        evaluation, (low, high) = self.evaluation, self.evaluation.interval
        return (
            f"Run({evaluation.split} accuracy {evaluation.accuracy:.3f} ({low:.3f} to {high:.3f}), "
            f"{evaluation.n:,} pictures; {self.model!r})"
        )

    def _repr_html_(self) -> str:
        from headstart.job.shown import run_html

        return run_html(self)
