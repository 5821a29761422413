"""older(): what the folder of a run tells that was written before runs kept their report's contents."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart import seals
from headstart.errors import OptionError
from headstart.job.folder import BUNDLE, FACTS, METRICS, PLAN, PREDICTIONS, QUARANTINE
from headstart.strangers import uncell

if TYPE_CHECKING:
    from headstart.assess import Scored
    from headstart.evidence import Evidence
    from headstart.planning.plan import Plan
    from headstart.report import Contents, Judged, Way

LACKING = "the run's notes, its pictures where they lie elsewhere now, and all that later versions add"


def older(folder: Path) -> Contents:
    """The contents as far as plan.toml, metrics.jsonl, the tables and the bundle tell them.

    Pictures that still lie where they lay are shown. Raises OptionError where metrics.jsonl is damaged or its run did
    not end; BundleError, PlanError.
    """
    try:
        return _read(folder)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError, csv.Error) as error:
        raise OptionError(
            f"{folder}: holds no run that ended, or a damaged one ({seals.reason(error)}); train it anew"
        ) from error


def _read(folder: Path) -> Contents:
    from headstart import model
    from headstart.assess import Baseline, Scored
    from headstart.evidence import Evidence
    from headstart.report import Contents
    from headstart.report.contents import examples, surest
    from headstart.training.epoch import Epoch

    epochs, final = _metrics(folder / METRICS)
    bundle, facts = model.load(folder / BUNDLE), _facts(folder / FACTS)
    evidence = Evidence.from_dict(dict(bundle.info.evidence)) if bundle.info.evidence else None
    scored = tuple(map(Scored.from_dict, final["splits"].values()))
    judged = list(map(_judged, _rows(folder / PREDICTIONS)))
    mistakes, hits = surest(judged)
    return Contents(
        title=folder.resolve().name,
        created=str(facts.get("created", "")),
        backbone=bundle.backbone,
        plan=_plan(folder / PLAN) or bundle.plan,
        kept=bundle.plan,
        evidence=evidence,
        evaluations=scored,
        baselines=[Baseline.from_dict(name, one) for name, one in final["baselines"].items()],
        arms=tuple(map(_way, final["arms"])),
        story=final.get("choice", {}).get("sentence", ""),
        hindsight=_hindsight(final["arms"]),
        history=[Epoch.from_dict(row) for row in epochs],
        mistakes=mistakes,
        hits=hits,
        examples=examples(judged),
        class_counts=dict(evidence.class_counts) if evidence else {},
        quarantine=_quarantine(folder / QUARANTINE),
        command=str(facts.get("command", "")),
        promise=_promise(evidence, scored, bundle.plan),
        lacking=(LACKING,),
    )


def _metrics(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(the epochs, the last line)"""
    *epochs, final = [seals.parsed(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if not final.get("final"):
        raise ValueError(f"{path.name} has no last line")
    return epochs, final


def _facts(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _plan(path: Path) -> Plan | None:
    from headstart.planning import toml

    return toml.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _rows(path: Path) -> list[dict[str, str]]:
    """Lines of a table, none where it is not there. A quote before what looks like a formula is no part of the text."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: uncell(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _judged(row: Mapping[str, str]) -> Judged:
    from headstart.report import Judged

    return Judged(row["path"], row["label"], row["prediction"], float(row["confidence"]))


def _quarantine(path: Path) -> tuple[Any, ...]:
    from headstart.data.dataset import BadPicture

    return tuple(BadPicture(row["path"], row["reason"]) for row in _rows(path))


def _way(arm: Mapping[str, Any]) -> Way:
    """What --json said of an arm, in the words that are made of it."""
    from headstart.report import Way
    from headstart.training import words
    from headstart.training.course import Course

    told = {key: value for key, value in (arm.get("course") or {}).items() if key != "by_heart"}
    course = words.course(arm["name"], Course(**told)) if told else ""
    bounds, own = arm["interval"], arm.get("train_accuracy")
    gap = (
        "" if told or own is None or arm["accuracy"] is None else words.gap_of(own, arm["accuracy"], arm["n"])
    )
    return Way(
        name=arm["name"],
        accuracy=arm["accuracy"],
        interval=bounds and (bounds[0], bounds[1]),
        n=arm["n"],
        groups=arm["groups"],
        chosen=arm["chosen"],
        train_accuracy=own,
        note=arm.get("note", ""),
        course=course,
        gap=gap,
    )


def _hindsight(arms: list[Mapping[str, Any]]) -> dict[str, Any]:
    from headstart.assess import Hindsight

    return {arm["name"]: Hindsight.from_dict(arm["name"], arm["report"]) for arm in arms if arm.get("report")}


def _promise(evidence: Evidence | None, scored: tuple[Scored, ...], kept: Plan) -> str:
    from headstart.evidence.more import more

    if not scored:
        return ""
    first = scored[0]
    return str(more(evidence, first.accuracy, first.found, frozen=kept.frozen) or "")
