"""The report as one HTML file that needs nothing else: no network and no other file; its one script is its own."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import counts, files
from headstart.assess.summary import summarise
from headstart.assess.words import afterwards, plainly
from headstart.planning import four
from headstart.report import (
    cases,
    confusion,
    dots,
    figures,
    measured,
    network,
    outline,
    parts,
    strip,
    svg,
    words,
)
from headstart.report.contents import Contents, Judged
from headstart.report.dots import Dot
from headstart.report.thumbnails import Album, Thumbnail
from headstart.training import words as words_of
from headstart.web.page import script_hash

if TYPE_CHECKING:
    from jinja2 import Environment

    from headstart.assess.baseline import Baseline
    from headstart.assess.scored import ClassScore, Scored

_MOST_LISTED = 200  # of the files that were left out; the run's quarantine.csv has them all


@dataclass(frozen=True)
class Shown:
    """An answer with its picture."""

    judged: Judged
    thumbnail: Thumbnail


@dataclass(frozen=True)
class Page:
    """A report as HTML that needs nothing else; a notebook shows it."""

    html: str

    def write(self, path: str | Path) -> None:
        """Writes it to `path`, atomically. Raises OutputError."""
        files.write_bytes(Path(path), self.html.encode("utf-8", "replace"))

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(self.html)}" style="width:100%;height:720px;border:0"></iframe>'


def write(path: Path, run: Contents) -> None:
    """Writes the report of `run` to `path`, atomically. A picture that cannot be read is named instead.

    Raises OutputError.
    """
    Page(render(run)).write(path)


def render(run: Contents, album: Album | None = None) -> str:
    """The report of `run` as HTML; album: its thumbnails, to which those that it lacks are added."""
    album = album or Album(run.backbone.preprocess.levels)
    made = environment()
    return made.get_template("report.html").render(_context(run, album) | _script(made, run))


def _script(made: Environment, run: Contents) -> dict[str, Any]:
    """The page's one script, where it shows a map, and the hash by which alone the page allows it to run."""
    if run.embedding is None:
        return {"script": "", "script_hash": ""}
    text = made.get_template("report.js").render()
    return {"script": svg.Svg(text), "script_hash": script_hash(text)}


@cache
def environment() -> Environment:
    """What every page is made with: text is escaped, what cannot be shown replaced, numbers are said in one way.

    One for all pages: it keeps the templates that it has read.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader("headstart.report"), PackageLoader("headstart.web", ".")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
    )
    environment.filters["quoted"] = shlex.quote
    for tool in (words.percent, words.interval, words.count, words.short, counts.plural, counts.pictures):
        environment.filters[tool.__name__] = tool
    return environment


def read_templates() -> None:
    """Reads all that the pages are made of: a quarter of a second, which may pass beside other work."""
    from jinja2 import PackageLoader

    for name in PackageLoader("headstart.report").list_templates():
        environment().get_template(name)


def _finished(value: Any) -> Any:
    """Plain text without what cannot be shown; markup of our own as it is."""
    return svg.clean(value) if type(value) is str else value


def _context(run: Contents, album: Album) -> dict[str, Any]:
    from importlib.metadata import version

    evaluation = run.evaluations[0] if run.evaluations else None
    evidence, plan = run.evidence, run.kept or run.plan
    classes = evaluation.classes if evaluation else tuple(run.class_counts)
    context: dict[str, Any] = {
        "run": run,
        "evaluation": evaluation,
        "evidence": evidence,
        "plan": plan,
        "classes": len(classes),
        "when": run.created[:16].replace("T", " "),
        "version": version("headstart"),
        "planned": run.plan,
        "cases": [(case, strip.strip(case)) for case in four.CASES],
        "lesson": plan.lesson,
        "chart": cases.chart(evidence, plan.lesson),
        "network": network.blocks(plan, run.backbone, len(classes) or None),
        "parts": parts.parts(plan, run.backbone, len(classes) or None),
        "width": parts.width_of_cut(plan, run.backbone),
        "profile": measured.profile(evidence) if evidence else None,
        "curve": measured.learning_curve(evidence) if evidence else None,
        "history": figures.history(run.history),
        "courses": [way.course for way in run.arms if way.course],
        "looked_back": afterwards(run.hindsight.values(), words_of.called),
        "promise": [run.promise] if run.promise else [],
        "gaps": [way.gap for way in run.arms if way.chosen and way.gap],
        "called": words_of.called,
        "mistakes": [Shown(mistake, album.thumbnail(mistake.picture)) for mistake in run.mistakes],
        "hits": [Shown(hit, album.thumbnail(hit.picture)) for hit in run.hits],
        "listed": run.quarantine[:_MOST_LISTED],
    }
    context |= _results(evaluation, run, album) if evaluation else {}
    context |= _parts(run, album)
    return context | {"outline": outline.outline(_present(run, context))}


def _parts(run: Contents, album: Album) -> dict[str, dict[str, Any]]:
    """What each part that was given tells its template, under the part's own name."""
    given = {name: found for name in outline.PARTS if (found := getattr(run, name)) is not None}
    return {
        name: import_module(f"headstart.report.{name}").section(found, album) for name, found in given.items()
    }


def _present(run: Contents, context: dict[str, Any]) -> set[str]:
    """The sections that have something to say."""
    told = {
        "case": True,
        "plan": True,
        "result": run.evaluations,
        "confusion": run.evaluations,
        "classes": run.evaluations,
        "pictures": run.mistakes or run.hits,
        "next": run.bundle or run.promise,
        "evidence": run.evidence,
        "training": context["history"],
        "arms": run.arms,
        "quarantine": run.quarantine,
        "notes": run.notes,
    }
    return {name for name, found in told.items() if found} | (context.keys() & set(outline.PARTS))


def _results(evaluation: Scored, run: Contents, album: Album) -> dict[str, Any]:
    plain, cells = summarise(evaluation, run.baselines), _cells(evaluation, run, album)
    return {
        "summary": plain,
        "plainly": plainly(plain),
        "dots": dots.dots(_dots(run)),
        "cells": cells,
        "anchors": {cell.anchor for cell in cells},
        "verdict": run.evaluations[0].against(run.baselines),
        "matrix": confusion.drawn(evaluation, {cell.place for cell in cells}),
        "many": len(evaluation.classes) > confusion.MOST_CLASSES,
        "pairs": confusion.pairs(evaluation),
        "scores": sorted(evaluation.per_class(), key=_worst_first),
    }


@dataclass(frozen=True)
class Cell:
    """place: its true class and what it was called; said: that in words; pictures: some of it."""

    place: tuple[int, int]
    said: str
    pictures: tuple[Shown, ...]

    @property
    def anchor(self) -> str:
        """Its id in the page."""
        return confusion.anchor(*self.place)


def _cells(evaluation: Scored, run: Contents, album: Album) -> list[Cell]:
    """Those of which there are pictures, in the order of these."""
    number = {name: place for place, name in enumerate(evaluation.classes)}
    found: dict[tuple[int, int], list[Shown]] = {}
    for one in run.examples:
        if one.label in number and one.prediction in number:
            place = number[one.label], number[one.prediction]
            found.setdefault(place, []).append(Shown(one, album.thumbnail(one.picture)))
    return [Cell(place, confusion.said(evaluation, *place), tuple(own)) for place, own in found.items()]


def _dots(run: Contents) -> list[Dot]:
    first, *others = run.evaluations
    rows = [
        Dot(f"this model, {first.split}", first.accuracy, first.interval, first.n, first.n_groups, "model")
    ]
    rows += [Dot(f"this model, {e.split}", e.accuracy, e.interval, e.n, e.n_groups, "other") for e in others]
    rows += [_baseline(b) for b in run.baselines]
    return rows


def _baseline(found: Baseline) -> Dot:
    name = f"{found.name}, by a part" if found.how else found.name
    return Dot(name, found.accuracy, found.interval, found.n, found.groups, "baseline")


def _worst_first(score: ClassScore) -> tuple[bool, float, str]:
    return score.recall is None, score.recall or 0.0, score.name
