"""What changes while a network trains: rate and picture size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.training import schedule

sizes = st.integers(16, 256)


@given(st.floats(0, 1), st.floats(0, 0.9))
def test_the_rate_is_a_share_of_the_peak(done, warmup):
    assert 0 < schedule.rate(done, warmup) <= 1


def test_the_rate_rises_to_the_peak_and_falls_to_nearly_nothing():
    rates = [schedule.rate(step / 100, 0.1) for step in range(101)]
    assert rates[10] == pytest.approx(1.0)
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] <= 1e-3


@given(sizes, sizes, st.integers(1, 40))
def test_pictures_only_grow_and_end_at_the_full_size(a, b, epochs):
    start, full = sorted((a, b))
    grown = [schedule.size(epoch, epochs, start, full) for epoch in range(epochs)]
    assert grown == sorted(grown)
    assert all(start <= side <= full for side in grown)
    assert grown[-1] == full


def test_without_a_start_size_nothing_grows():
    assert {schedule.size(epoch, 9, 0, 64) for epoch in range(9)} == {64}


def test_growth_begins_small_and_goes_in_steps_that_maps_can_follow():
    sizes = [schedule.size(epoch, 9, 40, 64) for epoch in range(9)]
    assert sizes == [40, 40, 48, 48, 56, 56, 64, 64, 64]
    assert [schedule.size(epoch, 2, 40, 64) for epoch in range(2)] == [40, 64]
    assert schedule.size(0, 1, 40, 64) == 64
