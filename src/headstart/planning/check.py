"""check(): a plan held against the network that it is to run on."""

from __future__ import annotations

from headstart.backbone import PRE_LOGITS, Backbone, build
from headstart.errors import PlanError
from headstart.planning.plan import Plan


def check(plan: Plan, backbone: Backbone) -> None:
    """Holds a plan against the network it is to run on. Raises PlanError."""
    if plan.backbone != backbone.name:
        raise PlanError(f"plan: made for {plan.backbone}, and the network given is {backbone.name}")
    if plan.weights_sha256 and plan.weights_sha256 != backbone.weights_sha256:
        raise PlanError(
            f"plan: made for other weights of {plan.backbone} ({plan.weights_sha256[:12]}…, "
            f"here {backbone.weights_sha256[:12]}…); plan anew, or clear weights_sha256"
        )
    if plan.image_size != backbone.preprocess.size:
        raise PlanError(
            f"plan: made for {plan.image_size} px, the network is loaded for {backbone.preprocess.size}"
        )
    if plan.preparation not in ("", backbone.preparation):
        raise PlanError(
            "plan: made for another input preparation or other --model-kwargs; give the flags that the plan was "
            "made with (--mean, --std, --interpolation, --model-kwargs), or clear preparation, as after an edit of "
            "image_size"
        )
    plan.validate(backbone.stage_names)
    if plan.recipe.start_size and not plan.frozen:
        _check_start_size(plan, backbone)


def _check_start_size(plan: Plan, backbone: Backbone) -> None:
    from headstart.backbone.anatomy import dissect

    taps = [stage.tap for stage in backbone.stages if stage.name != PRE_LOGITS]
    reached = dissect(build(backbone, pretrained=False), taps, backbone.head, plan.recipe.start_size).stages
    if not set(plan.cut) <= {stage.name for stage in reached}:
        raise PlanError(
            f"plan: recipe: start_size is {plan.recipe.start_size}, which {backbone.name} does not take up to its cut "
            f"{'+'.join(plan.cut)}; set it to 0"
        )
