"""Reliability and Sureness: what is honest has no error beyond chance, and what is not has the one that was put in."""

from __future__ import annotations

import json

import numpy as np
import pytest

from headstart.assess import Evaluation, Reliability, Sureness
from headstart.assess.doubts import Doubts
from headstart.certainty import Certainty, Familiar
from headstart.certainty.temperature import tempered
from tests.certainty.made import honest


def _answers(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    sure = np.random.default_rng(seed).uniform(0.5, 1, n)
    return sure, np.random.default_rng(seed + 1).random(n) < sure


def test_honest_answers_have_little_error() -> None:
    found = Reliability.of(*_answers(20_000))
    assert found.error < 0.015
    assert len(found.bins) == 15
    assert {one.n for one in found.bins} <= {1333, 1334}
    assert [one.sure for one in found.bins] == sorted(one.sure for one in found.bins)


def test_an_error_is_found_and_lies_in_its_interval() -> None:
    held = 0
    for seed in range(40):
        sure, correct = _answers(600, 2 * seed)
        found = Reliability.of(np.minimum(sure + 0.1, 1), correct)
        low, high = found.interval
        assert low <= found.error <= high
        held += low <= np.minimum(sure + 0.1, 1).mean() - sure.mean() <= high
    assert held >= 34  # of 40; 95 % are 38


def test_groups_make_the_interval_wider() -> None:
    sure, correct = _answers(100)
    alone = Reliability.of(np.repeat(sure, 10), np.repeat(correct, 10))
    grouped = Reliability.of(np.repeat(sure, 10), np.repeat(correct, 10), np.repeat(np.arange(100), 10))
    assert alone.error == grouped.error
    assert np.ptp(grouped.interval) > 1.5 * np.ptp(alone.interval)


def test_few_answers_make_one_bin() -> None:
    found = Reliability.of(np.array([0.9, 0.8]), np.array([True, False]))
    assert len(found.bins) == 1
    assert found.error == pytest.approx(0.35)


def made(n: int = 600) -> tuple[Evaluation, Certainty]:
    held, labels, groups = honest(n)
    certainty = Certainty.of(held, labels, groups)
    certainty = Certainty(certainty.temperature, certainty.sets, Familiar(0.5, 100))
    assert certainty.temperature is not None
    probabilities = np.exp(tempered(held.log_p, certainty.temperature))
    similarity = np.linspace(0.4, 1, n, dtype=np.float32)
    doubts = Doubts.of(certainty, probabilities, labels, similarity)
    names = tuple("abcde")
    return Evaluation("test", names, labels, probabilities, groups, doubts), certainty


def test_sureness_is_kept_as_plain_values() -> None:
    found = Sureness.of(*made())
    again = Sureness.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    assert len(found.sentences) == 3


def test_sets_are_held_against_the_labels_class_by_class() -> None:
    evaluation, certainty = made()
    found = Sureness.of(evaluation, certainty)
    assert certainty.sets is not None
    sets = certainty.sets.classes(evaluation.probabilities, 0.9)
    held = sets[np.arange(600), evaluation.labels]
    nine = found.coverages[1]
    assert (nine.wanted, nine.held) == (0.9, pytest.approx(held.mean(), abs=1e-4))
    assert nine.size == pytest.approx(sets.sum(axis=1).mean(), abs=1e-3)
    assert nine.met
    for place, one in enumerate(nine.classes):
        own = evaluation.labels == place
        assert (one.n, one.held) == (own.sum(), pytest.approx(held[own].mean(), abs=1e-4))
    assert found.strangers is not None
    assert (found.strangers.called, found.strangers.n, found.strangers.expected) == (100, 600, 30.0)


def test_a_model_that_cannot_tell_says_less() -> None:
    evaluation, _ = made()
    found = Sureness.of(
        Evaluation("test", evaluation.classes, evaluation.labels, evaluation.probabilities), Certainty()
    )
    assert (found.before, found.coverages, found.strangers, found.temperature) == (None, (), None, None)
    assert len(found.sentences) == 1


def test_folds_are_pooled_in_the_order_of_the_pictures() -> None:
    evaluation, _ = made()
    doubts = evaluation.doubts
    assert doubts is not None
    assert doubts.sizes is not None
    assert doubts.out_of_place is not None
    order = np.argsort(np.random.default_rng(0).permutation(1200))
    whole = Doubts.pooled([doubts, doubts], order)
    assert whole.sizes is not None
    assert whole.out_of_place is not None
    assert (whole.sizes == np.concatenate([doubts.sizes] * 2)[order]).all()
    assert (whole.out_of_place == np.concatenate([doubts.out_of_place] * 2)[order]).all()
    assert Doubts.pooled([doubts, None], order) == Doubts()
