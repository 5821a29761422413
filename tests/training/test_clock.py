"""The clock of a training: how many steps fit into what is left, and when they have become slower."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.training import clock


@pytest.fixture
def still(monkeypatch):
    """Time that stands still."""
    monkeypatch.setattr(clock, "now", lambda: 0.0)


@given(st.floats(-10, 100), st.integers(1, 50), st.integers(0, 200), st.floats(0.01, 5))
def test_the_steps_that_fit_are_the_most_that_fit(left, least, more, step):
    def seconds(total: int) -> float:
        return (total - least) * step

    n = clock.most_within(left, least, least + more, seconds)
    assert least <= n <= least + more
    assert n == least or seconds(n) <= left
    assert n == least + more or seconds(n + 1) > left


def test_growing_pictures_are_counted_for_what_they_cost(still):
    """Half the steps at a quarter of the cost: 16 full-sized steps' worth of time hold 25 of them."""
    watch = clock.Clock(17.0)
    watch.stepped(1.0, 1.0)
    assert watch.steps(1, 1000, 5, lambda e, n: 1.0) == 18
    assert watch.steps(1, 1000, 5, lambda e, n: 0.25 if e < n // 2 else 1.0) > 24


def test_short_steps_may_vary(still):
    watch = clock.Clock(None)
    for seconds in (*np.full(20, 0.01), *np.full(20, 0.1)):
        watch.stepped(seconds, 1.0)
        assert not watch.slowed


def test_steps_that_become_far_slower_are_noticed_once(still):
    watch = clock.Clock(None)
    for seconds in (*np.full(20, 1.0), 9.0, 9.0, 9.0):
        watch.stepped(seconds, 1.0)
        assert not watch.slowed
    watch.stepped(9.0, 1.0)
    assert watch.slowed
    assert not watch.slowed
