"""A plan and what is asked for beside it: laid over, told, or refused."""

from typing import Any

import pytest

from headstart.errors import PlanError
from headstart.planning import cases
from headstart.planning.merge import merge
from headstart.planning.plan import Plan
from headstart.planning.recipe import Recipe


@pytest.fixture
def plan(backbone) -> Plan:
    return cases.make(3, backbone, gain=(0.02, 0.03))


def scales(plan: Plan) -> list[float]:
    return [row.lr_scale for row in plan.rows]


def test_what_is_laid_over_is_told(plan) -> None:
    found = merge(plan, {"epochs": 5, "lr": None, "optimizer": "muon", "head_layers": 2})
    assert (found.plan.recipe.epochs, found.plan.recipe.optimizer, found.plan.head_layers) == (5, "muon", 2)
    assert found.plan.recipe.lr == plan.recipe.lr
    assert "epochs 16 → 5, optimizer adamw → muon" in str(found).replace("gain 0.02, 0.03 → none, ", "")


@pytest.mark.parametrize("asked", [{}, {"epochs": None}, {"epochs": 16, "cut": "pre_logits", "seed": 0}])
def test_what_the_plan_says_already_changes_nothing(plan, asked) -> None:
    found = merge(plan, asked)
    assert (found.plan, found.changes, str(found)) == (plan, (), "")


def test_every_value_of_a_recipe_can_be_laid_over(plan) -> None:
    asked: dict[str, Any] = {
        "epochs": 2,
        "lr": 0.5,
        "weight_decay": 0.1,
        "batch_size": 7,
        "warmup": 0.2,
        "label_smoothing": 0.1,
        "augment": "crop",
        "ema": 0.9,
        "patience": 3,
        "optimizer": "muon",
        "train_precision": "bf16",
        "start_size": 32,
        "cutmix": 0.25,
        "mixup": 0.5,
    }
    found = merge(plan, asked)
    assert found.plan.recipe == Recipe(
        2, 0.5, 0.1, 7, 0.2, 0.1, "crop", 0.9, 3, "muon", "bf16", 32, 0.25, 0.5
    )
    assert found.plan.precision == "fp32"  # of the frozen network: that is another
    assert {change.name for change in found.changes} == {*asked, "gain"}


def test_what_is_expected_is_of_the_training_that_it_is_told_of(plan) -> None:
    assert merge(plan, {"runtime": "torch", "fallback": "none"}).plan.gain == plan.gain
    dropped = merge(plan, {"epochs": 5})
    assert (dropped.plan.gain, dropped.plan.gain_of) == ((), "")
    assert "gain 0.02, 0.03 → none" in str(dropped)


def test_stages_are_frozen_and_slowed(plan) -> None:
    found = merge(plan, {"freeze_below": "body.1", "lr_scale": {"body.1": 0.1}})
    assert scales(found.plan) == [0, 0, 0.1, 1]
    assert found.plan.case == 0
    assert "case 3 → 0" in str(found)
    assert "lr_scale of stem 1 → 0" in str(found)
    again = merge(found.plan, {"freeze_below": "stem"})
    assert scales(again.plan) == [1, 1, 0.1, 1]
    assert again.plan.case == 3


def test_another_fall_back_is_the_same_case(plan) -> None:
    for fallback in ("both", "none"):
        found = merge(plan, {"fallback": fallback}).plan
        assert (found.case, found.fallback) == (3, fallback)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"backbone": "small"},
            "^--backbone small: p.toml says timm:handmade; edit the plan, or leave --backbone out$",
        ),
        ({"image_size": 32}, "--image-size 32: p.toml says 64"),
        ({"case": 1}, "--case 1: p.toml says 3"),
        ({"cut": ("stem", "body.0")}, "--cut stem, body.0: p.toml says pre_logits"),
        ({"init": "random"}, "--init random: p.toml says pretrained"),
        ({"size": "large"}, "--size: changes nothing beside p.toml; leave it out"),
        ({"momentum": 0.9}, "--momentum: is no value of a plan"),
        ({"epochs": 0}, "epochs is 0; expected 1 or more"),
        ({"fallback": "luck"}, "fallback is 'luck'"),
        (
            {"freeze_below": "fc"},
            "freeze_below: 'fc' is no stage up to the cut; expected one of stem, body.0",
        ),
    ],
)
def test_contradictions_are_refused(plan, asked, message) -> None:
    with pytest.raises(PlanError, match=message):
        merge(plan, asked, where="p.toml", called=lambda name: f"--{name.replace('_', '-')}")


@pytest.mark.parametrize(
    "asked", [{"epochs": 3}, {"fallback": "probe"}, {"freeze_below": "stem"}, {"lr_scale": {"stem": 1.0}}]
)
def test_a_plan_that_trains_nothing_takes_nothing_of_training(backbone, asked) -> None:
    frozen = cases.make(1, backbone)
    with pytest.raises(PlanError, match="the plan trains no stage"):
        merge(frozen, asked)
    assert merge(frozen, {"class_weight": "balanced", "head_layers": 2}).plan.head_layers == 2
