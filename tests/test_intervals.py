"""What an accuracy is worth: pictures that belong together count for what they add."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart import intervals
from headstart.intervals import Score, drawings, effective, proportion, score, wilson

THINGS, EACH = 27, 20
GROUPS = np.repeat(np.arange(THINGS), EACH)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_where_each_picture_stands_alone_the_interval_is_wilson_s(right):
    correct = np.array(right)
    assert proportion(correct, np.arange(len(correct))) == wilson(int(correct.sum()), len(correct))
    assert proportion(correct) == wilson(int(correct.sum()), len(correct))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_groups_never_narrow_the_interval(pictures):
    correct, groups = (np.array(column) for column in zip(*pictures, strict=True))
    low, high = proportion(correct, groups)
    plain_low, plain_high = wilson(int(correct.sum()), len(correct))
    assert 0 <= low <= correct.mean() <= high <= 1
    assert high - low >= plain_high - plain_low - 1e-12


@pytest.mark.parametrize("accuracy", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("alike", [0.1, 0.3, 0.8])
def test_95_of_100_intervals_hold_the_truth(accuracy, alike):
    """540 pictures of 27 things, each thing's own accuracy drawn from a beta distribution whose intra-class correlation
    is `alike`; Wilson's interval holds the truth far more rarely."""
    rng, rounds = np.random.default_rng(1), 400
    mass = 1 / alike - 1
    own = rng.beta(accuracy * mass, (1 - accuracy) * mass, (rounds, THINGS))
    right = rng.random((rounds, THINGS * EACH)) < np.repeat(own, EACH, axis=1)
    held = np.array([_holds(accuracy, proportion(row, GROUPS)) for row in right]).mean()
    plain = np.array([_holds(accuracy, wilson(int(row.sum()), len(row))) for row in right]).mean()
    assert held >= 0.92
    assert plain < 0.85


@pytest.mark.parametrize("sizes", [[300] + [1] * 50, [100] * 2 + [2] * 40, [1] * 20 + [30] * 10])
@pytest.mark.parametrize("alike", [0.1, 0.5, 0.95])
def test_one_large_group_among_small_ones_is_one_thing_all_the_same(sizes, alike):
    """A class folder that is mostly one film: where groups differ in size, the many small ones do not vouch for it."""
    rng, rounds, accuracy, mass = np.random.default_rng(1), 400, 0.6, 1 / alike - 1
    groups = np.repeat(np.arange(len(sizes)), sizes)
    own = rng.beta(accuracy * mass, (1 - accuracy) * mass, (rounds, len(sizes)))
    right = rng.random((rounds, len(groups))) < own[:, groups]
    assert np.mean([_holds(accuracy, proportion(row, groups)) for row in right]) >= 0.92


def _holds(accuracy: float, interval: tuple[float, float]) -> bool:
    return interval[0] <= accuracy <= interval[1]


def test_pictures_that_all_go_the_same_way_count_as_one():
    """27 things, each right or wrong as a whole, are worth 27 pictures and less: their variance is estimated too."""
    correct = np.repeat(np.arange(THINGS) < 20, EACH)
    assert 20 < effective(correct, GROUPS) < THINGS
    low, high = proportion(correct, GROUPS)
    assert high - low > 0.3


def test_all_right_says_no_more_than_as_many_pictures_as_groups():
    assert proportion(np.ones(540, bool), GROUPS)[0] < wilson(THINGS, THINGS)[0]
    assert proportion(np.zeros(540, bool), GROUPS)[1] > wilson(0, THINGS)[1]


def test_one_group_of_several_pictures_says_nothing():
    """Two groups say hardly anything, and one must not say more than they do."""
    correct = np.arange(20) < 15
    assert effective(correct, np.zeros(20, np.int64)) == 0 < effective(correct, np.arange(20) % 2) < 1
    assert proportion(correct, np.zeros(20, np.int64)) == (0.0, 1.0)


def test_a_score_tells_pictures_and_groups():
    correct = np.repeat(np.arange(THINGS) < 20, EACH)
    found = score(correct, GROUPS)
    assert (found.n, found.groups, found.accuracy) == (540, 27, correct.mean())
    assert found.interval == proportion(correct, GROUPS)
    assert score(correct).groups == 540
    assert score(np.zeros(0, bool)) == Score(None, 0, 0, None)


def test_a_bootstrap_draws_the_same_in_parts(monkeypatch):
    whole = np.concatenate(list(drawings(40, 30)))
    monkeypatch.setattr(intervals, "_AT_ONCE", 40 * 7)
    parts = list(drawings(40, 30))
    assert max(part.size for part in parts) <= 40 * 7
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert (whole.sum(axis=1) == 40).all()


def test_a_score_is_kept_as_plain_values():
    for found in (score(np.array([True, False])), score(np.array([], bool))):
        assert Score.from_dict(json.loads(json.dumps(found.to_dict()))) == found
