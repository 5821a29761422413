"""Which attempt is kept: what selection pictures say weighs against what was expected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headstart.backbone import Backbone
from headstart.train.arms import Attempt, succeeds, table, tried, ways

N = 100


def _attempt(plan, right: int, gain: tuple[float, float] | tuple[()] = ()) -> Attempt:
    """Right on the first `right` of N pictures."""
    return Attempt(replace(plan, gain=gain), None, np.arange(N) < right, ())


PROBE, GROUPS = np.arange(N) < 80, np.arange(N)


@pytest.fixture
def plan(planned, demo: Backbone):
    return planned(demo, 3)


@pytest.mark.parametrize(
    ("right", "gain", "kept"),
    [
        (80, (), False),  # nothing is known, and nothing seen
        (81, (), False),  # a gain within its error
        (86, (), True),
        (80, (0.05, 0.02), True),  # expected, and nothing seen against it
        (79, (0.05, 0.02), True),  # one picture worse says little
        (76, (0.05, 0.02), False),  # worse by more than its error, whatever was expected
        (83, (-0.2, 0.02), False),  # far better is needed where a loss is nearly sure
        (83, (-0.2, 0.5), True),
    ],
)
def test_what_is_seen_weighs_against_what_was_expected(plan, right, gain, kept) -> None:
    assert succeeds(_attempt(plan, right, gain), PROBE, GROUPS) is kept


def test_one_group_of_pictures_tells_nothing(plan) -> None:
    assert not succeeds(_attempt(plan, 100, (0.5, 0.1)), PROBE, np.zeros(N, np.int64))


def test_random_weights_are_tried_only_where_nothing_before_them_succeeds(planned, demo) -> None:
    plan = planned(demo, 4)
    assert list(ways(plan)) == ["fine-tune", "scratch"]
    for right, kept, asked in ((90, "fine-tune", 1), (80, "probe", 2)):
        winner, attempts = tried(plan, lambda _, way, r=right: _attempt(way, r), PROBE, GROUPS)
        assert (winner, len(attempts)) == (kept, asked)


def test_the_table_says_why_an_attempt_is_not_kept(plan) -> None:
    worse = _attempt(plan, 70, (0.05, 0.02))
    _, arm = table({"fine-tune": worse}, PROBE, GROUPS, "probe")
    assert arm.note.endswith("but it is seen to be worse here")
    assert not arm.chosen
