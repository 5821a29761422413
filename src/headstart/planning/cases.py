"""The four cases of transfer as stage tables, and the recipe that fits a set's size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from headstart.backbone.backbone import Backbone
from headstart.errors import PlanError
from headstart.extraction.cuts import cut_names, pool_at
from headstart.planning.four import numbered
from headstart.planning.plan import Plan, Row
from headstart.planning.rates import scaled
from headstart.planning.recipe import default_recipe, overruled


def make(
    case: int,
    backbone: Backbone,
    *,
    n: int = 1_000,
    cut: str | Sequence[str] | None = None,
    init: str | None = None,
    fallback: str | None = None,
    fallback_cut: str | Sequence[str] | None = None,
    freeze_below: str | None = None,
    lr_scale: Mapping[str, float] | None = None,
    gain: tuple[float, float] | None = None,
    learning_exponent: float = 0.0,
    head_init: str = "solved",
    head_layers: int = 1,
    class_weight: str = "none",
    seed: int = 0,
    recipe: Mapping[str, Any] | None = None,
    runtime: str = "auto",
    precision: str = "fp32",
    pictures: str = "",
) -> Plan:
    """The plan of one case, validated; its label is 0 where some stages are frozen and others are trained.

    cut     one stage, several, or "a+b"; None is the top (case 2 needs one below it)
    init    "pretrained" makes of case 4 the lesson's other way: as case 3, with random weights as the fall-back
    n       training pictures, from which the recipe follows; `recipe` overrules single values
    freeze_below, lr_scale   which stages learn, and how fast: see rates.scaled
    Raises PlanError (case, cut, init, fallback or rates that contradict each other), BackboneError (unknown cut).
    """
    cuts = cut_names(cut) or (backbone.top.name,)
    _check(case, backbone, given=cut is not None, cuts=cuts, init=init)
    scratch = starts_random(case, init)
    _check_training(case, scratch=scratch, freeze_below=freeze_below, lr_scale=lr_scale, fallback=fallback)
    rows = _rows(case, _kept(backbone, cuts), scratch=scratch)
    plan = Plan(
        case=case,
        backbone=backbone.name,
        weights_sha256=backbone.weights_sha256,
        rows=scaled(rows, freeze_below, lr_scale) if numbered(case).trains else rows,
        cut=cuts,
        pool=pool_at(backbone, cuts),
        image_size=backbone.preprocess.size,
        head_layers=head_layers,
        head_init=head_init,
        fallback=fallback or ("scratch" if case == 4 and not scratch else numbered(case).fallback),
        fallback_cut=cut_names(fallback_cut),
        gain=gain or (),
        learning_exponent=learning_exponent,
        class_weight=class_weight,
        recipe=overruled(default_recipe(n, scratch=scratch), recipe or {}),
        seed=seed,
        runtime=runtime,
        precision=precision,
        preparation=backbone.preparation,
        pictures=pictures,
    )
    plan.validate(backbone.stage_names)
    labelled = replace(plan, case=plan.case_of(backbone.top.name))
    return replace(labelled, gain_of=labelled.training) if gain else labelled


def probe_of(plan: Plan, backbone: Backbone) -> Plan:
    """The frozen probe that a trained plan has to beat, and that stands in where it does not."""
    rows = tuple(Row(stage, "pretrained", 0.0) for stage in _kept(backbone, plan.probe_cut))
    pool = plan.pool if plan.probe_cut == plan.cut else pool_at(backbone, plan.probe_cut)
    frozen = replace(plan, rows=rows, cut=plan.probe_cut, pool=pool)
    # The summary ends with what was to be done instead.
    plain = replace(frozen.standing_alone(), head_init="solved", summary=plan.summary[:2])
    return replace(plain, case=plain.case_of(backbone.top.name))


def starts_random(case: int, init: str | None) -> bool:
    """Whether a case trains from random weights: case 4 does, unless it is to start pre-trained."""
    return case == 4 and init != "pretrained"


def _check(case: int, backbone: Backbone, *, given: bool, cuts: Sequence[str], init: str | None) -> None:
    top = backbone.top.name
    for name in cuts:
        backbone.stage(name)
    numbered(case)
    if init not in (None, "pretrained", "random"):
        raise PlanError(f"init {init!r}: expected pretrained or random")
    if case == 1 and top not in cuts:
        raise PlanError(
            f"case 1 keeps every stage up to the top ({top}), not up to {'+'.join(cuts)}; use case 2 for a lower cut"
        )
    if case == 2 and not given:
        raise PlanError(f"case 2 needs a cut; {backbone.name} has {', '.join(backbone.stage_names)}")
    if case == 2 and top in cuts:
        raise PlanError(
            f"case 2 cuts below the top ({top}), not at {'+'.join(cuts)}; use case 1 to keep every stage"
        )
    if init == "random" and case != 4:
        raise PlanError(f"case {case} starts from pre-trained weights; init random goes with case 4")


def _check_training(
    case: int,
    *,
    scratch: bool,
    freeze_below: str | None,
    lr_scale: Mapping[str, float] | None,
    fallback: str | None,
) -> None:
    """Raises PlanError where what is asked of training changes nothing."""
    asked = {
        "freeze_below": freeze_below or "",
        "lr_scale": ", ".join(lr_scale or ()),
        "fallback": "" if fallback == "none" else fallback or "",
    }
    for name, value in asked.items():
        if value and not numbered(case).trains:
            raise PlanError(
                f"{name} {value}: case {case} trains no stage; ask for case 3 or 4, or leave it out"
            )
    if scratch and fallback in ("scratch", "both"):
        raise PlanError(
            f"fallback {fallback}: random weights are trained at once; expected none or probe, or init pretrained"
        )


def _kept(backbone: Backbone, cuts: Sequence[str]) -> tuple[str, ...]:
    """Stages up to the highest cut."""
    names = backbone.stage_names
    return names[: max(names.index(cut) for cut in cuts) + 1]


def _rows(case: int, kept: Sequence[str], *, scratch: bool) -> tuple[Row, ...]:
    """Trained stages all learn at the recipe's rate: rates that rise with the stages were measured, and lose."""
    init = "random" if scratch else "pretrained"
    return tuple(Row(stage, init, 1.0 if numbered(case).trains else 0.0) for stage in kept)
