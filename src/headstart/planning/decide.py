"""Evidence → Plan. A pure function, and every step of it leaves its reason with the numbers that decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from headstart.backbone.backbone import Backbone
from headstart.errors import PlanError
from headstart.evidence.curve import exponent
from headstart.evidence.evidence import Evidence
from headstart.evidence.facts import CutScore
from headstart.evidence.verdict import SCRATCH, TUNED
from headstart.extraction.cuts import cut_names
from headstart.planning import cases, four, words
from headstart.planning.plan import Plan
from headstart.planning.reasons import (
    Cause,
    Chosen,
    CutChosen,
    FallbackAsked,
    Rates,
    Reason,
    Uneven,
    Unexpected,
)
from headstart.planning.recipe import ARGUMENTS

IMBALANCE = 5.0  # the most frequent class over the least: from here on it is said


def decide(
    evidence: Evidence,
    backbone: Backbone,
    *,
    case: int | None = None,
    cut: str | Sequence[str] | None = None,
    init: str | None = None,
    freeze_below: str | None = None,
    lr_scale: Mapping[str, float] | None = None,
    fallback: str | None = None,
    head_init: str = "solved",
    head_layers: int = 1,
    class_weight: str = "none",
    seed: int = 0,
    recipe_overrides: Mapping[str, Any] | None = None,
    runtime: str = "auto",
    precision: str | None = None,
) -> Plan:
    """What is expected to come to most; the lesson's way where size or similarity were told; or what is asked for.

    case, cut, init   overrule the evidence; cut: a stage, several, or "a+b", where a frozen network is cut and up to
                      where it is trained; init "random" is case 4's way, "pretrained" beside case 4 as in cases.make
    freeze_below, lr_scale   which stages learn, and how fast, as in rates.scaled; of that nothing is expected
    fallback, precision      None is the case's own, and what the evidence was measured in
    Raises PlanError for what contradicts itself, BackboneError for an unknown cut.
    """
    lesson = four.called_for(evidence.size, evidence.similarity).number
    number, cause = _number(evidence, lesson, case=case, cut=cut, init=init)
    place = _cut(number, cause, evidence, backbone, cut)
    trains, scratch = four.numbered(number).trains, cases.starts_random(number, init)
    asked = _wishes(recipe_overrides or {}, freeze_below, lr_scale)
    own = trains and cut is None  # what to expect is known of the plan's own way of training alone
    gain = evidence.gains.get(SCRATCH if scratch else TUNED) if own and not asked else None
    best = cut_names(evidence.best_cut)
    plan = cases.make(
        number,
        backbone,
        n=evidence.n,
        cut=place.cut,
        init=init,
        freeze_below=freeze_below,
        lr_scale=lr_scale,
        fallback=fallback or _lessons_fallback(number, lesson, case),
        fallback_cut=evidence.best_cut if own and (place.cause == "top" or best != place.cut) else None,
        gain=gain and (gain.expected, gain.spread),
        learning_exponent=exponent(evidence.curve) if trains and not scratch else 0.0,
        head_init=head_init,
        head_layers=head_layers,
        class_weight=class_weight,
        seed=seed,
        recipe=recipe_overrides,
        runtime=runtime,
        precision=precision or evidence.precision,
        pictures=evidence.pictures,
    )
    reasons = [place, *_uneven(evidence, class_weight)]
    reasons += [Unexpected(asked, plan.fallback != "none")] if own and asked and evidence.gains else []
    reasons += _asked(plan, number, lr_scale or {}, fallback)
    told = words.summary(evidence, _chosen(plan, lesson, cause, backbone), plan)
    return replace(plan, lesson=lesson, summary=told, reasons=words.sentences(evidence, reasons))


def _chosen(plan: Plan, lesson: int, cause: Cause, backbone: Backbone) -> Chosen:
    kept, stages = len(plan.rows), len(backbone.stages)
    return Chosen(plan.case, lesson, cause, backbone.name, kept, stages, reads=len(plan.cut))


def _lessons_fallback(number: int, lesson: int, asked: int | None) -> str | None:
    """Random weights, where the lesson has them for these pictures and nothing else was asked for."""
    return "scratch" if (number, lesson, asked) == (3, 4, None) else None


def _wishes(
    recipe: Mapping[str, Any], freeze_below: str | None, lr_scale: Mapping[str, float] | None
) -> tuple[str, ...]:
    """What is asked for of training, by its arguments' names."""
    names = {own: name for name, own in ARGUMENTS.items()}
    values = {names.get(name, name): value for name, value in recipe.items()}
    values |= {"freeze_below": freeze_below, "lr_scale": lr_scale or None}
    return tuple(name for name, value in values.items() if value is not None)


def _number(
    evidence: Evidence, lesson: int, *, case: int | None, cut: str | Sequence[str] | None, init: str | None
) -> tuple[int, Cause]:
    """The case whose way is done, and what decided."""
    if case is not None:
        return case, "asked"
    if init == "random":
        return 4, "random"
    if evidence.verdict.declared:
        number, cause = (3 if lesson == 4 else lesson), "declared"
    else:
        number, cause = (3 if evidence.pays else 1), "expected"
    if number == 3:
        return number, cause
    if cut is not None:
        return _frozen(evidence, cut), "cut"
    if cause == "expected":
        return _frozen(evidence, evidence.best_cut), cause
    return (1, "one cut") if number == 2 and len(evidence.profile) == 1 else (number, cause)


def _frozen(evidence: Evidence, cut: str | Sequence[str]) -> int:
    """Whose way it is to freeze a network that is cut there."""
    return 1 if evidence.top.cut in cut_names(cut) else 2


def _cut(
    case: int, cause: Cause, evidence: Evidence, backbone: Backbone, cut: str | Sequence[str] | None
) -> CutChosen:
    """Where to cut, and why there."""
    top = evidence.top
    at = partial(CutChosen, top=top)
    if names := cut_names(cut):
        score = next((row for row in evidence.profile if (row.cut,) == names), None)
        return at(names, score, cause="asked")
    if case == 3 and evidence.trained_cut not in ("", top.cut):
        return at((evidence.trained_cut,), evidence.score(evidence.trained_cut), cause="trained")
    if case == 2:
        best = _lower(evidence, backbone)
    elif case == 1 and cause == "expected":
        best = evidence.score(evidence.best_cut)
    else:
        return at((backbone.top.name,), top, cause="top")
    every = len(evidence.profile) if evidence.joins(best.cut) else 0
    why = evidence.how.get("best_cut", "") if best.cut == evidence.best_cut else ""
    why_there = "top" if best.cut == top.cut else "probe"
    return at(cut_names(best.cut), best, cause=why_there, all_cuts=every, why=why)


def _lower(evidence: Evidence, backbone: Backbone) -> CutScore:
    """Case 2's cut: the measured one, or, where that keeps the top, the best below it."""
    if backbone.top.name not in cut_names(evidence.best_cut):
        return evidence.score(evidence.best_cut)
    if len(evidence.profile) == 1:
        raise PlanError(
            f"case 2 needs a cut below the top, and {backbone.name} has only {backbone.top.name}; use case 1"
        )
    return evidence.lower


def _uneven(evidence: Evidence, class_weight: str) -> list[Uneven]:
    counts = evidence.class_counts
    most, least = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    if class_weight != "none" or counts[most] < IMBALANCE * max(counts[least], 1):
        return []
    return [Uneven((most, counts[most]), (least, counts[least]))]


def _asked(plan: Plan, case: int, lr_scale: Mapping[str, float], fallback: str | None) -> list[Reason]:
    """What was asked for of training's rates and its fall-back."""
    frozen = () if plan.frozen else tuple(row.stage for row in plan.rows if row.frozen)
    found: list[Reason] = [Rates(case, frozen, {stage: scale for stage, scale in lr_scale.items() if scale})]
    if fallback is not None:
        found.append(FallbackAsked(fallback))
    return found
