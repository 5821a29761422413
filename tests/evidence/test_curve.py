"""The fitted learning curve: exact on a power law, honest about its interval, never below what was seen."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.evidence.curve import AHEAD, exponent, more, reach
from headstart.evidence.facts import CurvePoint

SIZES = (400, 800, 1_600)


def _curve(b: float, a: float, error: float = 0.01) -> list[CurvePoint]:
    return [CurvePoint(n, 1 - b * n**-a, error) for n in SIZES]


@pytest.mark.parametrize(("b", "a"), [(2.0, 0.3), (0.9, 0.1), (5.0, 0.5)])
def test_a_power_law_is_continued_less_steeply(b, a):
    found = reach(_curve(b, a), 20_000)
    assert found is not None
    assert found.n == 20_000
    assert found.accuracy == pytest.approx(1 - b * 1_600**-a * (20_000 / 1_600) ** (-AHEAD * a), abs=1e-6)
    assert found.low < found.accuracy < found.high <= 1
    assert exponent(_curve(b, a)) == pytest.approx(AHEAD * a)


def test_the_interval_grows_with_the_distance_and_holds_the_truth():
    widths = [r.high - r.low for r in (reach(_curve(2.0, 0.3), n) for n in (1_600, 5_000, 50_000)) if r]
    assert widths == sorted(widths)
    rng, held = np.random.default_rng(0), 0
    for _ in range(300):
        noisy = [CurvePoint(p.n, p.accuracy + rng.normal(0, 0.01), 0.01) for p in _curve(2.0, 0.3)]
        found = reach(noisy, 6_400)
        assert found is not None
        held += found.low <= 1 - 2.0 * 6_400**-0.3 <= found.high
    assert held > 0.9 * 300


def test_a_falling_curve_is_taken_for_a_level_one():
    falling = [CurvePoint(n, accuracy, 0.01) for n, accuracy in zip(SIZES, (0.72, 0.7, 0.71), strict=True)]
    found = reach(falling, 10_000)
    assert found is not None
    assert found.accuracy == pytest.approx(0.71, abs=0.01)
    assert str(exponent(falling)) == "0.0"


def test_no_law_follows_from_one_size_nor_from_no_errors():
    one = [CurvePoint(40, 0.5, 0.1), CurvePoint(40, 0.6, 0.1)]
    assert (exponent(one), reach(one, 100), exponent([])) == (0, None, 0)
    assert exponent([CurvePoint(n, 1.0, 0.0) for n in SIZES]) == 0


def test_no_mistakes_and_too_few_points():
    found = reach([CurvePoint(n, 1.0, 0.0) for n in SIZES], 10_000)
    assert found is not None
    assert found.accuracy > 0.999
    assert reach(_curve(2.0, 0.3)[:1], 10_000) is None


def test_a_model_is_continued_from_where_it_stands():
    found = more(_curve(2.0, 0.3), 2, accuracy=0.9, n=2_000)
    assert found is not None
    assert found.n == 4_000
    assert found.accuracy == pytest.approx(1 - 0.1 * 2 ** (-AHEAD * 0.3))
    assert 0.9 < found.low < found.accuracy < found.high < 1
    assert more(_curve(2.0, 0.3)[:1], 2, accuracy=0.9, n=2_000) is None
