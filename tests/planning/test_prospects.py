"""What strategies are expected to reach and to cost."""

import pytest

from headstart.evidence.verdict import SCRATCH, TUNED, Gain
from headstart.planning import recipe
from headstart.planning.decide import decide
from headstart.planning.prospects import STEP, prospects
from tests.evidence.made import changed

GAINS = {TUNED: Gain(0.02, 0.03), SCRATCH: Gain(-0.3, 0.1)}


def test_every_strategy_has_an_interval_and_a_cost(evidence, backbone) -> None:
    facts = changed(evidence("small", "different", best="body.0"), gains=GAINS)
    top, best, tuned, scratch = prospects(facts, decide(facts, backbone), "pre_logits", 200.0)
    assert [p.strategy for p in (top, best, tuned, scratch)] == ["probe", "probe", TUNED, SCRATCH]
    assert (top.cut, best.cut, tuned.cut) == ("pre_logits", "body.0", "pre_logits")
    assert [round(p.accuracy, 6) for p in (best, tuned, scratch)] == [0.9, 0.92, 0.6]
    for found in (top, best, tuned, scratch):
        assert 0 <= found.low < found.accuracy < found.high <= 1
    assert [p.chosen for p in (top, best, tuned, scratch)] == [False, True, False, False]
    assert tuned.high - tuned.low > best.high - best.low
    assert top.seconds == best.seconds == 800 / 200
    assert tuned.seconds == 4 * (1 + STEP * recipe.default_recipe(800).epochs)


def test_the_plan_s_own_epochs_and_cut_are_what_is_told(evidence, backbone) -> None:
    facts = changed(evidence("large", "different", best="pre_logits"), gains=GAINS)
    plan = decide(facts, backbone, cut="body.1", case=3, recipe_overrides={"epochs": 2})
    tuned = prospects(facts, plan, "pre_logits", 200.0)[1]
    assert (tuned.cut, tuned.seconds) == ("body.1", pytest.approx(4 * (1 + STEP * 2)))
    assert tuned.chosen


def test_a_cut_that_was_asked_for_is_told_too(evidence, backbone) -> None:
    facts = evidence("small", "different", best="body.1")
    found = prospects(facts, decide(facts, backbone, cut="stem"), "pre_logits", None)
    assert [(p.cut, p.chosen) for p in found] == [("pre_logits", False), ("body.1", False), ("stem", True)]


def test_what_was_not_timed_has_no_cost(evidence, backbone) -> None:
    facts = evidence("small", "similar", best="pre_logits")
    alone = prospects(facts, decide(facts, backbone), "pre_logits", None)
    assert [(p.strategy, p.seconds) for p in alone] == [("probe", None)]
