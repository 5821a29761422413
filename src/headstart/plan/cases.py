"""The four cases of transfer as stage tables, and the recipe that fits a set's size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from headstart.backbone.backbone import Backbone
from headstart.errors import PlanError
from headstart.features.cuts import cut_names, pool_at
from headstart.plan.plan import Plan, Row
from headstart.plan.recipe import default_recipe, overruled


def make(
    case: int,
    backbone: Backbone,
    *,
    n: int = 1_000,
    cut: str | Sequence[str] | None = None,
    init: str | None = None,
    fallback: str | None = None,
    fallback_cut: str | Sequence[str] | None = None,
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
    reasons: Sequence[str] = (),
) -> Plan:
    """The plan of one case, validated.

    cut     one stage, several, or "a+b"; None is the top (case 2 needs one)
    init    "random" trains case 4 from scratch at once; None is the case's own
    n       training pictures, from which the recipe follows; `recipe` overrules single values
    Raises PlanError (case, cut or init that contradict each other), BackboneError (unknown cut).
    """
    cuts = cut_names(cut) or (backbone.top.name,)
    _check(case, backbone, given=cut is not None, cuts=cuts, init=init)
    kept = _kept(backbone, cuts)
    scratch = init == "random"
    plan = Plan(
        case=case,
        backbone=backbone.name,
        weights_sha256=backbone.weights_sha256,
        rows=_rows(case, kept, scratch=scratch),
        cut=cuts,
        pool=pool_at(backbone, cuts),
        image_size=backbone.preprocess.size,
        head_layers=head_layers,
        head_init=head_init,
        fallback=fallback or ("none" if case in (1, 2) or scratch else {3: "probe", 4: "scratch"}[case]),
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
        reasons=tuple(reasons),
    )
    plan.validate(backbone.stage_names)
    return replace(plan, gain_of=plan.training) if gain else plan


def probe_of(plan: Plan, backbone: Backbone) -> Plan:
    """The frozen probe that a trained plan has to beat, and that stands in where it does not."""
    rows = tuple(Row(stage, "pretrained", 0.0) for stage in _kept(backbone, plan.probe_cut))
    pool = plan.pool if plan.probe_cut == plan.cut else pool_at(backbone, plan.probe_cut)
    frozen = replace(plan, rows=rows, cut=plan.probe_cut, pool=pool)
    plain = replace(frozen.standing_alone(), head_init="solved")
    return replace(plain, case=plain.case_of(backbone.top.name))


def _check(case: int, backbone: Backbone, *, given: bool, cuts: Sequence[str], init: str | None) -> None:
    top = backbone.top.name
    for name in cuts:
        backbone.stage(name)
    if case not in (1, 2, 3, 4):
        raise PlanError(f"case {case!r}: expected 1, 2, 3 or 4")
    if init not in (None, "pretrained", "random"):
        raise PlanError(f"init {init!r}: expected pretrained or random")
    if case == 1 and tuple(cuts) != (top,):
        raise PlanError(
            f"case 1 cuts at the top ({top}), not at {'+'.join(cuts)}; use case 2 for a lower cut"
        )
    if case == 2 and not given:
        raise PlanError(f"case 2 needs a cut; {backbone.name} has {', '.join(backbone.stage_names)}")
    if init == "random" and case != 4:
        raise PlanError(f"case {case} starts from pre-trained weights; init random goes with case 4")


def _kept(backbone: Backbone, cuts: Sequence[str]) -> tuple[str, ...]:
    """Stages up to the highest cut."""
    names = backbone.stage_names
    return names[: max(names.index(cut) for cut in cuts) + 1]


def _rows(case: int, kept: Sequence[str], *, scratch: bool) -> tuple[Row, ...]:
    """Trained stages all learn at the recipe's rate: rates that rise with the stages were measured, and lose."""
    init = "random" if scratch else "pretrained"
    return tuple(Row(stage, init, 0.0 if case in (1, 2) else 1.0) for stage in kept)
