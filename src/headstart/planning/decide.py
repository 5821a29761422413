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
    CaseCause,
    CaseChosen,
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
    """The plan that the evidence calls for, or the one that was asked for.

    case, cut, init   overrule the evidence; cut: a stage, several, or "a+b". A lower cut makes a measured case 1 a
                      case 2, init "random" any measured case a case 4; a case 4 that was asked for trains both ways
    freeze_below, lr_scale   which stages learn, and how fast, as in rates.scaled; of that nothing is expected
    fallback, precision      None is the case's own, and what the evidence was measured in
    Raises PlanError where what was asked for contradicts itself, BackboneError for an unknown cut.
    """
    why = _case(evidence, backbone, case=case, cut=cut, init=init, fallback=fallback)
    place = _cut(why.number, evidence, backbone, cut, init)
    trains = four.numbered(why.number).trains
    own = trains and cut is None  # what to expect is known of the plan's own way of training alone
    asked = _wishes(recipe_overrides or {}, freeze_below, lr_scale)
    gain = evidence.gains.get(SCRATCH if init == "random" else TUNED) if own and not asked else None
    best = cut_names(evidence.best_cut)
    plan = cases.make(
        why.number,
        backbone,
        n=evidence.n,
        cut=place.cut,
        init=init,
        freeze_below=freeze_below,
        lr_scale=lr_scale,
        fallback=fallback or ("both" if case == 4 and init is None else None),
        fallback_cut=evidence.best_cut if own and (place.cause == "top" or best != place.cut) else None,
        gain=gain and (gain.expected, gain.spread),
        learning_exponent=exponent(evidence.curve) if trains and init != "random" else 0.0,
        head_init=head_init,
        head_layers=head_layers,
        class_weight=class_weight,
        seed=seed,
        recipe=recipe_overrides,
        runtime=runtime,
        precision=precision or evidence.precision,
        pictures=evidence.pictures,
    )
    reasons: list[Reason] = [why, place, *_uneven(evidence, class_weight)]
    reasons += [Unexpected(asked, plan.fallback != "none")] if own and asked and evidence.gains else []
    reasons += _asked(plan, why.number, lr_scale or {}, fallback)
    return replace(plan, reasons=words.sentences(evidence, reasons))


def _wishes(
    recipe: Mapping[str, Any], freeze_below: str | None, lr_scale: Mapping[str, float] | None
) -> tuple[str, ...]:
    """What is asked for of training, by its arguments' names."""
    names = {own: name for name, own in ARGUMENTS.items()}
    values = {names.get(name, name): value for name, value in recipe.items()}
    values |= {"freeze_below": freeze_below, "lr_scale": lr_scale or None}
    return tuple(name for name, value in values.items() if value is not None)


def _case(
    evidence: Evidence,
    backbone: Backbone,
    *,
    case: int | None,
    cut: str | Sequence[str] | None,
    init: str | None,
    fallback: str | None,
) -> CaseChosen:
    measured = four.called_for(evidence.size, evidence.similarity).number
    number, cause = _number(measured, backbone, case=case, cut=cut, init=init)
    both = case == 4 and init is None and fallback in (None, "both")
    way = _way(number, init, both=both, every=cut is None and evidence.joins(evidence.best_cut))
    return CaseChosen(number, way, evidence.size, evidence.similarity, measured, cause, backbone.name)


def _number(
    measured: int,
    backbone: Backbone,
    *,
    case: int | None,
    cut: str | Sequence[str] | None,
    init: str | None,
) -> tuple[int, CaseCause]:
    """The case to do, and what decided."""
    if case is not None:
        return case, "asked"
    if init == "random":
        return 4, "random"
    if measured == 1 and cut is not None and cut_names(cut) != (backbone.top.name,):
        return 2, "lower cut"
    if measured == 2 and cut_names(cut) == (backbone.top.name,):
        return 1, "top cut"
    if measured == 2 and cut is None and len(backbone.stages) == 1:
        return 1, "one cut"
    return measured, "measured"


def _way(case: int, init: str | None, *, every: bool, both: bool) -> str:
    """What the case does; every: where case 2 cuts at all cuts together; both: where random weights are trained in any
    case."""
    if (case, init) == (4, "random"):
        return four.AT_ONCE
    if case == 4 and both:
        return four.BOTH_WAYS
    return four.ALL_KEPT if case == 2 and every else four.numbered(case).way


def _cut(
    case: int, evidence: Evidence, backbone: Backbone, cut: str | Sequence[str] | None, init: str | None
) -> CutChosen:
    """Where to cut, and why there."""
    top = evidence.top
    at = partial(CutChosen, top=top)
    if names := cut_names(cut):
        score = next((row for row in evidence.profile if (row.cut,) == names), None)
        return at(names, score, cause="asked")
    if case in (3, 4) and init != "random" and evidence.trained_cut not in ("", top.cut):
        return at((evidence.trained_cut,), evidence.score(evidence.trained_cut), cause="trained")
    if case != 2:
        return at((backbone.top.name,), top, cause="top")
    best = _frozen(evidence, backbone)
    every = len(evidence.profile) if evidence.joins(best.cut) else 0
    why = evidence.how.get("best_cut", "")
    return at(cut_names(best.cut), best, cause="probe", all_cuts=every, why=why)


def _frozen(evidence: Evidence, backbone: Backbone) -> CutScore:
    """Case 2's cut: the measured one, or, where that is the top, the best below it."""
    if evidence.best_cut != backbone.top.name:
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
        found.append(FallbackAsked(fallback, plan.case if plan.case not in (0, case) else None))
    return found
