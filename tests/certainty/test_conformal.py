"""Sets of classes: as often as is wanted the right one is among them, and they grow with what is wanted."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.certainty import Sets
from headstart.intervals import wilson
from tests.certainty.made import honest


def _drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    held, labels, groups = honest(n, seed=seed)
    return np.exp(held.log_p), labels, groups


@pytest.mark.parametrize("wanted", [0.8, 0.9, 0.95])
def test_new_pictures_are_covered_as_wanted(wanted: float) -> None:
    sets = Sets.of(*_drawn(4_000, 0))
    assert sets is not None
    probabilities, labels, _ = _drawn(4_000, 1)
    held = sets.classes(probabilities, wanted)[np.arange(4_000), labels]
    low, high = wilson(held.sum(), 4_000, z=3)
    assert low - 0.02 < wanted < high + 0.02  # both draws err


def test_sets_grow_with_the_coverage() -> None:
    sets = Sets.of(*_drawn(500, 0))
    assert sets is not None
    probabilities = _drawn(200, 1)[0]
    before = np.zeros((200, 5), bool)
    for wanted in np.linspace(0.05, 0.999, 40):
        now = sets.classes(probabilities, wanted)
        assert (now | ~before).all()
        before = now
    assert before.all()  # 500 pictures cannot promise 999 of 1,000


def test_the_likeliest_class_is_always_in() -> None:
    sets = Sets.of(*_drawn(500, 0))
    assert sets is not None
    probabilities = _drawn(200, 1)[0]
    found = sets.classes(probabilities, 0.01)
    assert (found.sum(axis=1) == 1).all()
    assert found[np.arange(200), probabilities.argmax(axis=1)].all()


@pytest.mark.parametrize(
    ("n", "wanted", "rank"), [(30, 0.9, 28), (100, 0.9, 91), (999, 0.9, 900), (5_000, 0.9, 4_505)]
)
def test_the_threshold_is_the_score_of_that_rank(n: int, wanted: float, rank: int) -> None:
    """k = ⌈(n + 1) wanted⌉, as the promise has it (Vovk et al. 2005); of more than 1,000 scores every fifth is kept."""
    own = (np.arange(n) + 1) / (n + 1)
    sets = Sets.of(1 - own[:, None], np.zeros(n, int), np.arange(n))
    assert sets is not None
    assert sets.threshold(wanted) == pytest.approx(own[rank - 1])


def test_groups_count_and_not_their_pictures() -> None:
    probabilities, labels, _ = _drawn(500, 0)
    few = Sets.of(probabilities, labels, np.arange(500) // 10)
    many = Sets.of(probabilities, labels, np.arange(500))
    assert few is not None
    assert many is not None
    assert few.threshold(0.97) > many.threshold(0.97)
    assert np.isinf(few.threshold(0.99))
    assert Sets.of(probabilities, labels, np.arange(500) % 20) is None


def test_many_scores_are_kept_as_quantiles_and_none_promises_less() -> None:
    probabilities, labels, groups = _drawn(20_000, 0)
    kept = Sets.of(probabilities, labels, groups)
    assert kept is not None
    assert len(kept.scores) == 1000
    own = np.sort(1 - probabilities[np.arange(20_000), labels])
    for wanted in (0.5, 0.9, 0.99):
        exact = own[int(np.ceil(20_001 * wanted)) - 1]
        assert exact <= kept.threshold(wanted) + 1e-6 < exact + 0.01
    again = Sets.from_dict(kept.to_dict())
    np.testing.assert_allclose(again.scores, kept.scores, atol=1e-6)


@pytest.mark.parametrize("wanted", [0, 1, 1.2, -0.1, float("nan")])
def test_what_is_no_share_is_refused(wanted: float) -> None:
    sets = Sets.of(*_drawn(100, 0))
    assert sets is not None
    with pytest.raises(ValueError, match=r"coverage: .*; expected a share between 0 and 1, such as 0\.9"):
        sets.classes(np.full((1, 5), 0.2), wanted)
