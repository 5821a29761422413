"""Which attempt is kept: what selection pictures say weighs against what was expected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headstart.backbone import Backbone
from headstart.training.arms import Attempt, FrozenProbe, table, try_ways, ways

N = 100


def _attempt(plan, right: int, gain: tuple[float, float] | tuple[()] = ()) -> Attempt:
    """Right on the first `right` of N pictures."""
    return Attempt(replace(plan, gain=gain), np.arange(N) < right)


PROBE, GROUPS = np.arange(N) < 80, np.arange(N)
BAR = FrozenProbe(PROBE, GROUPS, 1.0)


@pytest.fixture
def plan(planned, demo: Backbone):
    return planned(demo, 3)


@pytest.mark.parametrize(
    ("right", "gain", "kept"),
    [
        (80, (), False),  # nothing is known, and nothing seen
        (81, (), False),  # a gain within its error
        (86, (), True),
        (81, (0.05, 0.02), True),  # expected, and one picture is seen for it
        (80, (0.05, 0.02), False),  # as many right as the probe has, whatever was expected
        (80, (0.5, 0.01), False),
        (76, (0.05, 0.02), False),
        (83, (-0.2, 0.02), False),  # far better is needed where a loss is nearly sure
        (83, (-0.2, 0.5), True),
    ],
)
def test_what_is_seen_weighs_against_what_was_expected(plan, right, gain, kept) -> None:
    assert BAR.lead_of(_attempt(plan, right, gain)).succeeds is kept


def test_one_group_of_pictures_tells_nothing(plan) -> None:
    assert (
        not FrozenProbe(PROBE, np.zeros(N, np.int64), 1.0).lead_of(_attempt(plan, 100, (0.5, 0.1))).succeeds
    )


def test_what_the_probe_gains_by_the_selection_pictures_is_made_up_for(plan) -> None:
    """Errors that fall as 1 / n: of its 20 in 100, a quarter more pictures take 4 away."""
    learning, anew = replace(plan, learning_exponent=1.0), FrozenProbe(PROBE, GROUPS, 1.25)
    assert anew.refit_gain(learning) == pytest.approx(0.04)
    assert (anew.refit_gain(plan), BAR.refit_gain(learning)) == (0, 0)
    assert anew.lead_of(_attempt(learning, 86)).gain == pytest.approx(0.06)
    assert BAR.lead_of(_attempt(learning, 86)).succeeds
    assert not anew.lead_of(_attempt(learning, 86)).succeeds
    assert not anew.lead_of(_attempt(learning, 82, (0.0, 0.5))).succeeds
    assert anew.lead_of(
        _attempt(learning, 82, (0.05, 0.01))
    ).succeeds  # far more is expected than is taken off
    _, arm = table({"fine-tune": _attempt(learning, 86)}, anew, "probe")
    assert arm.note == (
        "+6.0 ± 2.4 points on the probe, less 4.0 that it would gain from the selection pictures: +2.0, "
        "not more than one standard error (2.4)"
    )


def test_random_weights_are_tried_only_where_nothing_before_them_succeeds(planned, demo) -> None:
    plan = planned(demo, 4, init="pretrained")
    assert list(ways(plan)) == ["fine-tune", "scratch"]
    assert [way.case for way in ways(plan).values()] == [3, 4]  # each is named by what it does
    assert list(ways(planned(demo, 4))) == ["scratch"]
    for right, kept, asked in ((90, "fine-tune", 1), (80, "probe", 2)):
        winner, attempts = try_ways(plan, lambda _, way, r=right: _attempt(way, r), BAR)
        assert (winner, len(attempts)) == (kept, asked)


def test_the_table_says_why_an_attempt_is_not_kept(plan) -> None:
    worse = _attempt(plan, 70, (0.05, 0.02))
    _, arm = table({"fine-tune": worse}, BAR, "probe")
    assert arm.note.endswith("but no more of these pictures are right than the probe has")
    assert not arm.chosen


def test_a_lead_within_its_error_is_told_to_be_too_small():
    """A positive lead that is not kept needs its reason beside it."""
    probe = np.array([True] * 30 + [False] * 10)
    trained = np.array([True] * 29 + [False, True, True] + [False] * 8)
    tuned = Attempt(_plan_without_gain(), trained)
    bar = FrozenProbe(probe, np.arange(40), 1.0)
    assert trained.mean() > probe.mean()
    assert not bar.lead_of(tuned).succeeds
    assert "not more than one standard error" in table({"fine-tune": tuned}, bar, "probe")[1].note


def _plan_without_gain():
    from headstart import backbone
    from headstart.planning import cases

    return cases.make(3, backbone.load("demo-cnn"))


@pytest.mark.parametrize(
    ("right", "gain", "groups", "reason"),
    [
        (86, (), GROUPS, ""),
        (81, (), GROUPS, "within the error"),
        (80, (), GROUPS, "not ahead"),
        (80, (0.5, 0.01), GROUPS, "no more right"),
        (83, (-0.2, 0.02), GROUPS, "not ahead"),
        (100, (0.5, 0.1), np.zeros(N, np.int64), "one group"),
    ],
)
def test_an_arm_carries_the_numbers_and_the_reason(plan, right, gain, groups, reason) -> None:
    _, arm = table({"fine-tune": _attempt(plan, right, gain)}, FrozenProbe(PROBE, groups, 1.0), "probe")
    assert arm.lead is not None
    assert arm.lead.gain == pytest.approx((right - 80) / N)
    assert arm.lead.expected == (gain or None)
    assert (arm.lead.combined is None) == (gain == ())
    assert (arm.lead.reason, arm.lead.succeeds) == (reason, reason == "")


def test_an_arm_is_written_with_its_note_and_without_the_numbers_that_it_says(plan) -> None:
    probe, arm = table({"fine-tune": _attempt(plan, 86, (0.05, 0.02))}, BAR, "fine-tune")
    assert list(arm.to_dict()) == [
        "name",
        "accuracy",
        "interval",
        "n",
        "groups",
        "chosen",
        "train_accuracy",
        "apart",
        "course",
        "note",
    ]
    assert arm.to_dict()["note"] == (
        "+6.0 ± 2.4 points on the probe; +5.0 ± 2.0 were expected, which makes +5.4"
    )
    assert (probe.note, probe.to_dict()["chosen"]) == ("frozen", False)
