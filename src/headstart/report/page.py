"""The report as one HTML file that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import counts, files
from headstart.errors import PictureError
from headstart.report import cases, confusion, figures, network, svg, thumbnails, words
from headstart.report.figures import Dot
from headstart.report.run import Mistake, Run

if TYPE_CHECKING:
    from headstart.assess.evaluation import ClassScore, Evaluation
    from headstart.data.depth import Levels
    from headstart.evidence.evidence import Evidence

_MOST_LISTED = 200  # of the files that were left out; the run's quarantine.csv has them all


@dataclass(frozen=True)
class Shown:
    """A mistake with its picture as a data URI, or with the reason why there is none."""

    mistake: Mistake
    name: str
    source: str | None
    reason: str = ""


def write(path: Path, run: Run) -> None:
    """Writes the report of `run` to `path`, atomically. A picture that cannot be read is named instead.

    Raises OutputError.
    """
    files.write_bytes(path, render(run).encode("utf-8", "replace"))


def render(run: Run) -> str:
    """The report of `run` as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("headstart.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
    )
    for tool in (words.percent, words.interval, words.count, words.short, counts.plural, counts.pictures):
        environment.filters[tool.__name__] = tool
    return environment.get_template("report.html").render(_context(run))


def _finished(value: Any) -> Any:
    """Plain text without what cannot be shown; markup of our own as it is."""
    return svg.clean(value) if type(value) is str else value


def _context(run: Run) -> dict[str, Any]:
    from importlib.metadata import version

    evaluation = run.evaluations[0] if run.evaluations else None
    evidence, plan = run.evidence, run.plan
    classes = evaluation.classes if evaluation else tuple(run.class_counts)
    context: dict[str, Any] = {
        "run": run,
        "evaluation": evaluation,
        "evidence": evidence,
        "plan": plan,
        "classes": len(classes),
        "when": run.created[:16].replace("T", " "),
        "version": version("headstart"),
        "case": next((case for case in cases.CASES if case.number == plan.case), None),
        "cases": [(case, cases.strip(case)) for case in cases.planned(plan, run.backbone.top.name)],
        "chart": cases.chart(evidence, plan.case),
        "overruled": evidence is not None and plan.case not in (0, pointed(evidence)),
        "pointed": None if evidence is None else pointed(evidence),
        "network": network.picture(plan, run.backbone, len(classes) or None),
        "parts": network.parts(plan, run.backbone, len(classes) or None),
        "width": network.width_of_cut(plan, run.backbone),
        "profile": figures.profile(evidence) if evidence else None,
        "curve": figures.learning_curve(evidence) if evidence else None,
        "history": figures.history(run.history),
        "mistakes": [_shown(mistake, run.backbone.preprocess.levels) for mistake in run.mistakes],
        "listed": run.quarantine[:_MOST_LISTED],
    }
    return context | (_results(evaluation, run) if evaluation else {})


def _results(evaluation: Evaluation, run: Run) -> dict[str, Any]:
    return {
        "right": int(evaluation.correct.sum()),
        "dots": figures.dots(_dots(run)),
        "verdict": run.evaluations[0].against(run.baselines),
        "heat_map": confusion.heat_map(evaluation),
        "pairs": confusion.pairs(evaluation),
        "scores": sorted(evaluation.per_class(), key=_worst_first),
    }


def pointed(evidence: Evidence) -> int:
    """The case that the verdicts on size and similarity point at."""
    return next(
        case.number
        for case in cases.CASES
        if (case.size, case.similarity) == (evidence.size, evidence.similarity)
    )


def _dots(run: Run) -> list[Dot]:
    first, *others = run.evaluations
    rows = [
        Dot(f"this model, {first.split}", first.accuracy, first.interval, first.n, first.n_groups, "model")
    ]
    rows += [Dot(f"this model, {e.split}", e.accuracy, e.interval, e.n, e.n_groups, "other") for e in others]
    for name, facts in run.baselines.items():
        low, high = facts["interval"]
        rows.append(Dot(name, facts["accuracy"], (low, high), facts["n"], facts["groups"], "baseline"))
    return rows


def _worst_first(score: ClassScore) -> tuple[bool, float, str]:
    return score.f1 is None, score.f1 or 0.0, score.name


def _shown(mistake: Mistake, levels: Levels | None) -> Shown:
    name = mistake.path.rpartition("!")[2].rpartition("/")[2]
    try:
        return Shown(mistake, name, thumbnails.data_uri(mistake.picture, levels))
    except PictureError as error:
        return Shown(mistake, name, None, str(error))
