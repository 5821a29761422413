"""The temperature: 1 for what is honest already, the factor for what is too sure by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from headstart.certainty import Certainty
from headstart.certainty.temperature import FEWEST, HIGHEST, LOWEST, _slope, fitted, tempered
from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import log_softmax
from tests.certainty.made import honest


def test_honest_probabilities_stay_as_they_are() -> None:
    assert fitted(*honest(20_000)) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("factor", [0.5, 1.7, 4.0])
def test_what_is_too_sure_by_a_factor_is_cooled_by_it(factor: float) -> None:
    held, labels, groups = honest(20_000)
    found = fitted(HeldOut(held.places, log_softmax(held.log_p * factor)), labels, groups)
    assert found == pytest.approx(factor, rel=0.02)


def test_it_is_the_smallest_log_loss_but_for_one_mistake() -> None:
    held, labels, groups = honest(500)
    found = fitted(held, labels, groups)
    assert found is not None

    def loss(t: float) -> float:
        return float(-tempered(held.log_p, t)[np.arange(500), labels].sum())

    best = min(loss(t) for t in np.geomspace(0.3, 3, 400))
    assert loss(found) < best + 0.5  # of 500 pictures' sum


def test_answers_that_are_all_wrong_or_all_alike_end_in_a_temperature() -> None:
    held, _, groups = honest(200)
    assert fitted(held, held.log_p.argmin(axis=1), groups) == pytest.approx(HIGHEST, rel=1e-4)
    alike = HeldOut(groups, np.full((200, 5), np.log(0.2), np.float32))
    assert fitted(alike, groups % 5, groups) == pytest.approx(LOWEST, rel=1e-4)


def test_thousand_classes_take_few_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each goes over M × C numbers: halving took 40."""
    passes = []

    def slope(*given: Any) -> tuple[float, float]:
        passes.append(given)
        return _slope(*given)

    monkeypatch.setattr("headstart.certainty.temperature._slope", slope)
    held, labels, groups = honest(500, classes=1_000)
    fitted(HeldOut(held.places, log_softmax(held.log_p * 3)), labels, groups)
    assert 0 < len(passes) < 15


def test_shuffled_labels_give_chance_and_it_is_honest() -> None:
    held, labels, groups = honest(5_000)
    shuffled = np.random.default_rng(1).permutation(labels)
    found = Certainty.of(held, shuffled, groups)
    sure = found.probabilities(held.log_p).max(axis=1)
    right = held.log_p.argmax(axis=1) == shuffled
    assert sure.mean() == pytest.approx(right.mean(), abs=0.02)


def test_all_right_is_not_taken_for_never_wrong() -> None:
    log_p = log_softmax(np.tile([4.0, 0.0], (60, 1))).astype(np.float32)
    found = fitted(HeldOut(np.arange(60), log_p), np.zeros(60, int), np.arange(60))
    assert found is not None
    wrong = 1 - np.exp(tempered(log_p, found)[:, 0].astype(float))
    assert 0.01 < wrong[0] < 0.03  # one of 61
    assert LOWEST < found < HIGHEST


def test_too_few_groups_tell_nothing() -> None:
    held, labels, _ = honest(500)
    assert fitted(held, labels, np.arange(500) % (FEWEST - 1)) is None
    assert fitted(None, labels, labels) is None
    assert Certainty.of(None, labels, labels) == Certainty()


def test_the_answers_stay_the_same_and_rows_sum_to_one() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    certain = Certainty(2.5)
    found = certain.probabilities(logits)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    assert (found.argsort(axis=1) == logits.argsort(axis=1)).all()
    np.testing.assert_allclose(certain.as_scored(found), Certainty().probabilities(logits), rtol=1e-4)


def test_certainty_is_kept_as_plain_values() -> None:
    made = Certainty.of(*honest(400))
    again = Certainty.from_dict(made.to_dict())
    assert again.temperature == made.temperature
    assert again.to_dict() == made.to_dict()
    for broken in (
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"temperature": True},
        {"sets": {}},
        {"sets": 0},
        {"sets": ""},
        {"sets": {"groups": 40, "scores": [0.2, 0.1]}},
        {"sets": {"groups": 40, "scores": [-4, 9e9]}},
        {"sets": {"groups": 40, "scores": ["0.1"]}},
        {"sets": {"groups": 40, "scores": [float("nan")]}},
        {"sets": {"groups": 0, "scores": [0.1]}},
        {"sets": {"groups": -3, "scores": [0.1]}},
        {"familiar": ""},
        {"familiar": {"line": 7, "groups": 40, "inside": 0.95}},
        {"familiar": {"line": float("nan"), "groups": 40, "inside": 0.95}},
        {"familiar": {"line": 0.5, "groups": -3, "inside": 0.95}},
        {"familiar": {"line": 0.5, "groups": float("inf"), "inside": 0.95}},
        {"familiar": {"line": 0.5, "groups": 40, "inside": -5}},
        {"familiar": {"line": 0.5, "groups": 40, "inside": 1}},
    ):
        with pytest.raises((ValueError, TypeError, KeyError)):
            Certainty.from_dict({**made.to_dict(), **broken})
