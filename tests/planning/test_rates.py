"""Which stages learn, and how fast, without an edit of the plan."""

import pytest

from headstart.errors import PlanError
from headstart.evidence.verdict import TUNED, Gain
from headstart.planning import cases
from headstart.planning.decide import decide
from tests.evidence.made import changed


def scales(plan) -> list[float]:
    return [row.lr_scale for row in plan.rows]


def test_stages_below_the_named_one_are_frozen(backbone) -> None:
    plan = cases.make(3, backbone, freeze_below="body.1")
    assert scales(plan) == [0, 0, 1, 1]
    assert (plan.case, plan.case_of("pre_logits"), plan.fallback) == (0, 0, "probe")
    assert scales(cases.make(3, backbone, freeze_below="stem")) == [1, 1, 1, 1]


def test_rates_are_multiplied_by_stage(backbone) -> None:
    plan = cases.make(3, backbone, lr_scale={"stem": 0.1, "body.0": 0.5})
    assert (scales(plan), plan.case) == ([0.1, 0.5, 1, 1], 3)
    both = cases.make(4, backbone, init="pretrained", freeze_below="body.0", lr_scale={"body.0": 0.1})
    assert (scales(both), both.case, both.fallback) == ([0, 0.1, 1, 1], 0, "scratch")
    assert cases.make(4, backbone, lr_scale={"stem": 0.1}).case == 4


@pytest.mark.parametrize(
    ("case", "asked", "message"),
    [
        (1, {"freeze_below": "body.1"}, "freeze_below body.1: case 1 trains no stage; ask for case 3 or 4"),
        (2, {"cut": "stem", "lr_scale": {"stem": 0.5}}, "lr_scale stem: case 2 trains no stage"),
        (1, {"fallback": "scratch"}, "fallback scratch: case 1 trains no stage"),
        (4, {"init": "random", "fallback": "both"}, "fallback both: random weights are trained at once"),
        (
            3,
            {"freeze_below": "body.9"},
            "freeze_below: 'body.9' is no stage up to the cut; expected one of stem",
        ),
        (3, {"lr_scale": {"body.9": 1}}, "lr_scale: 'body.9' is no stage up to the cut"),
        (
            3,
            {"cut": "body.0", "freeze_below": "body.1"},
            "'body.1' is no stage up to the cut; expected one of stem, b",
        ),
        (3, {"lr_scale": dict.fromkeys(("stem", "body.0", "body.1", "pre_logits"), 0)}, "0 for every stage"),
        (3, {"lr_scale": {"stem": -1}}, "lr_scale: stem is -1; expected a number, 0 or more"),
        (3, {"lr_scale": {"stem": float("nan")}}, "lr_scale: stem is nan"),
        (
            3,
            {"freeze_below": "body.1", "lr_scale": {"stem": 0.1}},
            "stem is 0.1, and freeze_below body.1 freezes it",
        ),
        (
            3,
            {"freeze_below": "body.1", "lr_scale": {"body.1": 0}},
            "body.1 is 0, and freeze_below body.1 trains it",
        ),
        (4, {"init": "random", "freeze_below": "body.1"}, "stem is random and cannot be frozen"),
    ],
)
def test_contradictions_are_refused_in_one_line(backbone, case, asked, message) -> None:
    with pytest.raises(PlanError, match=message) as refused:
        cases.make(case, backbone, **asked)
    assert "\n" not in str(refused.value)


def test_a_plan_says_what_was_asked_of_its_rates(evidence, backbone) -> None:
    found = changed(evidence("large", "similar"), gains={TUNED: Gain(0.02, 0.03)})
    plan = decide(found, backbone, freeze_below="body.1", lr_scale={"body.1": 0.1}, fallback="none")
    assert plan.reasons[-4:] == (
        "Nothing is expected of training with the freeze_below and lr_scale asked for.",
        "Case 3's way with stem and body.0 frozen, as asked for.",
        "Rates as asked for: body.1 × 0.1.",
        "Fall-back none, as asked for.",
    )
    assert (plan.gain, plan.gain_of, plan.fallback, plan.case) == ((), "", "none", 0)


def test_a_fall_back_is_no_other_case(evidence, backbone) -> None:
    plan = decide(evidence("large", "similar"), backbone, fallback="scratch")
    assert (plan.case, plan.fallback) == (3, "scratch")
    assert plan.reasons[-1] == "Fall-back scratch, as asked for."


def test_evidence_that_calls_for_no_training_takes_no_rates(evidence, backbone) -> None:
    with pytest.raises(PlanError, match="case 1 trains no stage; ask for case 3 or 4"):
        decide(evidence("small", "similar", best="pre_logits"), backbone, freeze_below="body.1")
