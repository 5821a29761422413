"""What strategies are expected to reach and to cost."""

from dataclasses import replace

from headstart.evidence.evidence import Gain
from headstart.plan import cases
from headstart.plan.prospects import STEP, prospects

GAINS = {"fine-tune": Gain(0.02, 0.03), "from scratch": Gain(-0.3, 0.1)}


def test_every_strategy_has_an_interval_and_a_cost(evidence, backbone) -> None:
    facts = replace(evidence("small", "different", best="body.0"), gains=GAINS, speed=200.0)
    top, best, tuned, scratch = prospects(facts, backbone)
    assert [p.strategy for p in (top, best, tuned, scratch)] == [
        "probe",
        "probe",
        "fine-tune",
        "from scratch",
    ]
    assert (top.cut, best.cut, tuned.cut) == ("pre_logits", "body.0", "pre_logits")
    assert [round(p.accuracy, 6) for p in (best, tuned, scratch)] == [0.9, 0.92, 0.6]
    for found in (top, best, tuned, scratch):
        assert 0 <= found.low < found.accuracy < found.high <= 1
    assert tuned.high - tuned.low > best.high - best.low
    assert top.seconds == best.seconds == 800 / 200
    assert tuned.seconds == 4 * (1 + STEP * cases.default_recipe(800).epochs)


def test_what_was_not_timed_has_no_cost(evidence, backbone) -> None:
    alone = prospects(evidence("small", "similar", best="pre_logits"), backbone)
    assert [(p.strategy, p.seconds) for p in alone] == [("probe", None)]
