"""Evidence → case → stage table."""

from dataclasses import replace

import pytest

from headstart.errors import BackboneError, PlanError
from headstart.evidence.curve import AHEAD
from headstart.evidence.facts import CurvePoint, CutScore
from headstart.evidence.verdict import TUNED, Gain
from headstart.planning import cases, four, recipe, table
from headstart.planning.decide import decide
from tests.evidence.made import changed

KEPT = ("stem", "body.0", "body.1", "pre_logits")


def test_case_1_cuts_at_the_top_and_freezes_all(evidence, backbone) -> None:
    plan = decide(evidence("small", "similar", best="pre_logits"), backbone)
    assert (plan.case, plan.cut, plan.pool, plan.fallback) == (1, ("pre_logits",), "avg", "none")
    assert tuple(row.stage for row in plan.rows) == KEPT
    assert plan.frozen
    assert plan.image_size == 64


def test_case_2_keeps_the_first_stages(evidence, backbone) -> None:
    plan = decide(evidence("small", "different", best="body.0"), backbone)
    assert (plan.case, plan.cut, plan.pool) == (2, ("body.0",), "avgstd")
    assert [row.stage for row in plan.rows] == ["stem", "body.0"]
    assert plan.frozen
    assert any("body.0" in reason and "90.0" in reason for reason in plan.reasons)


def test_case_2_asked_for_where_the_top_is_best_takes_the_best_below(evidence, backbone) -> None:
    plan = decide(evidence("small", "similar", best="pre_logits"), backbone, case=2)
    assert plan.cut == ("body.1",)
    assert (plan.case, plan.lesson) == (2, 1)
    assert "case 2's way, as asked for" in plan.summary[2]


def test_case_3_trains_all_stages_at_one_rate(evidence, backbone) -> None:
    plan = decide(evidence("large", "similar", best="pre_logits", n=60_000), backbone)
    scales = [row.lr_scale for row in plan.rows]
    assert (plan.case, plan.fallback) == (3, "probe")
    assert {row.init for row in plan.rows} == {"pretrained"}
    assert scales == [1.0] * len(KEPT)


def test_training_knows_its_bar_and_what_to_expect(evidence, backbone) -> None:
    found = changed(evidence("large", "similar", best="body.1"), gains={TUNED: Gain(0.02, 0.03)})
    near = tuple(
        replace(row, behind=0.04 if row.cut == "pre_logits" else row.behind) for row in found.profile
    )
    # Half the errors with four times as many pictures.
    curve = CurvePoint(100, 0.6, 0.01), CurvePoint(400, 0.8, 0.01)
    plan = decide(changed(found, profile=near, curve=curve), backbone)
    assert (plan.cut, plan.fallback_cut, plan.gain) == (("pre_logits",), ("body.1",), (0.02, 0.03))
    assert plan.learning_exponent == pytest.approx(0.5 * AHEAD)
    asked = decide(found, backbone, cut="body.0")
    assert (asked.cut, asked.fallback_cut, asked.gain) == (("body.0",), (), ())
    frozen = decide(evidence("small", "similar", best="pre_logits"), backbone)
    assert (frozen.fallback_cut, frozen.gain, frozen.learning_exponent) == ((), (), 0)


def test_nothing_is_expected_of_another_recipe_than_the_plan_s_own(evidence, backbone) -> None:
    found = changed(evidence("large", "similar", best="body.1"), gains={TUNED: Gain(0.02, 0.03)})
    own = decide(found, backbone, recipe_overrides={"epochs": None, "lr": None})
    assert (own.gain, own.gain_of) == ((0.02, 0.03), own.training)
    asked = decide(found, backbone, recipe_overrides={"epochs": 1, "lr": 1e-9})
    assert (asked.gain, asked.gain_of) == ((), "")
    assert asked.reasons[-1] == (
        "Nothing is expected of training with the epochs and lr asked for: the selection pictures decide."
    )


def test_training_goes_up_to_a_lower_cut_that_is_much_better(evidence, backbone) -> None:
    plan = decide(changed(evidence("large", "different", best="body.1"), trained_cut="body.1"), backbone)
    assert (plan.cut, plan.fallback_cut) == (("body.1",), ())
    assert [row.stage for row in plan.rows] == ["stem", "body.0", "body.1"]
    assert any("15.0 points more than at the top cut" in reason for reason in plan.reasons)


def test_to_keep_every_stage_is_case_1_s_way_whatever_depths_the_head_reads(evidence, backbone) -> None:
    joint = CutScore("+".join(KEPT), 0.93, 0.01, -0.03, 0.01)
    found = changed(evidence("small", "different"), concatenated=joint, best_cut=joint.cut, joint_lead=0.03)
    plan = decide(found, backbone)
    assert (plan.case, plan.lesson, plan.cut, plan.pool) == (1, 2, KEPT, "avgstd")
    assert any(reason.startswith("All 4 cuts side by side: ") for reason in plan.reasons)
    assert "that reads all 4 depths. The lesson would slice the upper layers off here" in plan.summary[2]
    assert "So 3 more of 100 pictures are expected" in plan.summary[2]


def test_a_network_of_one_cut_has_no_case_2(evidence, backbone) -> None:
    alone = replace(backbone, stages=backbone.stages[-1:])
    found = evidence("small", "different", best="pre_logits")
    found = changed(found, profile=found.profile[-1:], declared=("size", "similarity"))
    plan = decide(found, alone)
    assert (plan.case, plan.lesson) == (1, 2)
    assert "since timm:handmade has no lower cut" in plan.summary[2]
    with pytest.raises(PlanError, match="use case 1"):
        decide(found, alone, case=2)


def test_where_the_lesson_has_case_4_the_start_is_pre_trained_and_random_weights_stand_in(
    evidence, backbone
) -> None:
    found = evidence("large", "different", best="pre_logits", n=60_000)
    plan = decide(found, backbone)
    assert (plan.case, plan.lesson, plan.fallback, plan.from_scratch) == (3, 4, "scratch", False)
    assert "From random weights, too, where that is no success." in plan.summary[2]
    other = decide(found, backbone, case=4, init="pretrained")
    assert (other.case, other.fallback, other.from_scratch) == (3, "scratch", False)


@pytest.mark.parametrize("asked", [{"case": 4}, {"init": "random"}])
def test_case_4_asked_for_trains_random_weights(evidence, backbone, asked) -> None:
    found = evidence("large", "different", best="pre_logits", n=60_000)
    plan = decide(found, backbone, **asked)
    assert (plan.case, plan.fallback, plan.from_scratch) == (4, "probe", True)
    assert {row.lr_scale for row in plan.rows} == {1.0}
    assert plan.recipe.epochs > decide(found, backbone).recipe.epochs


def test_the_probe_that_stands_in_does_not_say_that_every_layer_is_trained(evidence, backbone) -> None:
    plan = decide(evidence("large", "similar", best="pre_logits"), backbone)
    probe = cases.probe_of(plan, backbone)
    assert (plan.case, probe.case, probe.lesson) == (3, 1, 3)
    assert probe.summary == plan.summary[:2]


def test_what_is_told_of_the_pictures_is_followed_as_the_lesson_has_it(evidence, backbone) -> None:
    for case in four.CASES:
        found = changed(
            evidence(case.size, case.similarity, best="pre_logits"), declared=("size", "similarity")
        )
        plan = decide(found, backbone)
        assert (plan.lesson, plan.case) == (case.number, min(case.number, 3))
        assert "since size and similarity were told" in plan.summary[2]
        assert plan.summary[0].count("as was told") == 2
        one = decide(changed(found, declared=("size",)), backbone)
        assert "since size was told" in one.summary[2]
        assert one.summary[0].count("as was told") == 1


def test_where_the_lesson_would_do_something_else_that_is_said_with_its_number(evidence, backbone) -> None:
    gains = {TUNED: Gain(0.14, 0.06)}
    tried = changed(evidence("small", "different", best="body.1"), pays=True, gains=gains)
    plan = decide(tried, backbone)
    assert (plan.case, plan.lesson, plan.fallback) == (3, 2, "probe")
    assert (
        "The lesson would freeze the network here. Training every layer is expected to add 14 ± 6 points, so it is "
        "tried as well, and the better is kept." in plan.summary[2]
    )
    left = changed(
        evidence("large", "similar", best="pre_logits"), pays=False, gains={TUNED: Gain(-0.01, 0.02)}
    )
    left = changed(left, typical_class=400)
    assert "That is expected to gain nothing (-1 ± 2 points)." in decide(left, backbone).summary[2]
    slow = changed(left, gains={TUNED: Gain(0.03, 0.02)})
    assert (
        "+3 ± 2 points, which is not worth the time that it takes here" in decide(slow, backbone).summary[2]
    )
    few = changed(slow, typical_class=4)
    assert "With 4 in the typical class there are too few" in decide(few, backbone).summary[2]
    other = decide(tried, backbone, recipe_overrides={"epochs": 1})
    assert "14 ± 6" not in other.summary[2]  # that was expected of another training
    cut = decide(evidence("small", "similar", best="body.1"), backbone)
    assert (cut.case, cut.lesson) == (2, 1)
    assert "The lesson would keep every layer here. So 15 more of 100 pictures are expected" in cut.summary[2]


def test_random_or_a_lower_cut_overrule_the_measured_case(evidence, backbone) -> None:
    found = evidence("small", "similar", best="pre_logits")
    assert decide(found, backbone, init="random").case == 4
    assert decide(found, backbone, cut="stem").case == 2
    assert decide(found, backbone, cut="pre_logits").case == 1
    joint = decide(found, backbone, cut="stem+pre_logits")
    assert (joint.case, joint.cut, joint.pool, len(joint.rows)) == (1, ("stem", "pre_logits"), "avgstd", 4)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"case": 1, "cut": "stem"}, "case 1 keeps every stage"),
        ({"case": 1, "init": "random"}, "pre-trained"),
        ({"case": 3, "init": "random"}, "pre-trained"),
        ({"case": 5}, "case 5"),
        ({"init": "warm"}, "init 'warm'"),
        ({"recipe_overrides": {"momentum": 0.9}}, "momentum"),
    ],
)
def test_contradictions_are_refused(evidence, backbone, asked, message) -> None:
    with pytest.raises(PlanError, match=message):
        decide(evidence("small", "similar"), backbone, **asked)


def test_unknown_cut_is_named(evidence, backbone) -> None:
    with pytest.raises(BackboneError, match=r"body\.9.*stem"):
        decide(evidence("small", "different"), backbone, cut="body.9")
    with pytest.raises(PlanError, match="needs a cut"):
        cases.make(2, backbone)


def test_reasons_are_sentences_with_numbers(evidence, backbone) -> None:
    for size in ("small", "large"):
        for similarity in ("similar", "different"):
            plan = decide(evidence(size, similarity), backbone)
            assert len(plan.summary) == len(plan.reasons) == 3
            for said in (*plan.summary, *plan.reasons):
                assert said[0].isupper()
                assert said.endswith(".")
                assert any(character.isdigit() for character in said)


def test_uneven_classes_are_said(evidence, backbone) -> None:
    found = evidence("small", "similar", counts={"a": 700, "b": 100})
    assert any("700 of a, 100 of b" in reason for reason in decide(found, backbone).reasons)
    assert len(decide(found, backbone, class_weight="balanced").reasons) == 3


def test_overrides_reach_the_recipe(evidence, backbone) -> None:
    plan = decide(
        evidence("large", "similar"), backbone, recipe_overrides={"epochs": 3, "lr": 0.5, "batch_size": None}
    )
    assert (plan.recipe.epochs, plan.recipe.lr, plan.recipe.batch_size) == (3, 0.5, 32)


@pytest.mark.parametrize("n", [1, 100, 1_437, 19_999, 20_000, 600_000, 5_000_000])
def test_recipe_stays_within_bounds(n: int) -> None:
    assert recipe.FEWEST_EPOCHS <= recipe.default_recipe(n).epochs <= recipe.MOST_EPOCHS


def test_table_shows_dropped_rows_and_the_head(evidence, backbone) -> None:
    plan = decide(evidence("small", "different", best="body.0"), backbone)
    lines = table.rows(plan, backbone, n_classes=3)
    assert [line.status for line in lines] == ["frozen", "frozen", "dropped", "dropped", "new"]
    assert lines[2].init is None
    assert lines[-1].parameters == (2 * 32 + 1) * 3
    assert table.rows(plan, backbone)[-1].parameters is None
    two = cases.make(1, backbone, head_layers=2)
    assert table.head_parameters(two, backbone, 3) == 129 * 64 + 65 * 3


def test_description_holds_every_row_and_reason(evidence, backbone) -> None:
    plan = decide(evidence("large", "similar", n=60_000), backbone)
    text = table.describe(plan, backbone, n_classes=10)
    assert text.endswith("± is one standard error.\n")
    plain = table.describe(replace(plan, reasons=("Because.",)), backbone)
    assert "- Because." in plain
    assert "Because" not in table.describe(replace(plan, reasons=("Because.",)), backbone, why=False)
    assert "±" not in plain
    for row in plan.rows:
        assert f"{row.lr_scale:g}" in text
        assert row.stage in text
    for reason in plan.reasons:
        assert reason in text
    assert "falls back to the frozen probe" in text
