"""Accuracies, intervals and what they stand beside."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.assess import Evaluation
from headstart.cli import show
from headstart.intervals import paired, proportion, wilson


def test_wilson_gives_the_textbook_values():
    assert wilson(147, 153) == pytest.approx((0.9170, 0.9819), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_paired_difference_and_its_error():
    first, second = np.array([1, 1, 1, 0], bool), np.array([1, 0, 0, 0], bool)
    mean, error = paired(first, second)
    assert mean == 0.5
    assert error == pytest.approx(np.std([0, 1, 1, 0], ddof=1) / 2)


def test_pictures_that_belong_together_count_as_one_draw():
    first = np.repeat([True, False, True, True], 10)
    second = np.zeros(40, bool)
    alone = paired(first, second)[1]
    together = paired(first, second, np.repeat(np.arange(4), 10))[1]
    assert together == pytest.approx(paired(first[::10], second[::10])[1])
    assert together > 2 * alone


def test_an_evaluation_of_pictures_in_groups_is_as_sure_as_these_let_it_be():
    """540 pictures of 27 things, each thing right or wrong as a whole."""
    right, groups = np.repeat(np.arange(27) % 4 > 0, 20), np.repeat(np.arange(27), 20)
    said = np.eye(2, dtype=np.float32)[np.where(right, 0, 1)]
    alone, together = (Evaluation("test", ("a", "b"), np.zeros(540, int), said, g) for g in (None, groups))
    assert alone.interval == wilson(int(right.sum()), 540)
    assert together.interval == proportion(right, groups)
    assert together.interval[1] - together.interval[0] > 4 * (alone.interval[1] - alone.interval[0])
    assert (alone.to_dict()["groups"], together.to_dict()["groups"], together.n_groups) == (540, 27, 27)
    assert "540 pictures of 27 groups\n" in show.score(together)
    assert "540 pictures\n" in show.score(alone)


def test_an_evaluation_in_numbers():
    labels = np.array([0, 0, 0, 1, 1, 2])
    guesses = np.array([0, 0, 1, 1, 1, 0])
    evaluation = Evaluation("test", ("a", "b", "c", "d"), labels, np.eye(4, dtype=np.float32)[guesses])
    assert evaluation.accuracy == pytest.approx(4 / 6)
    assert evaluation.balanced_accuracy == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert evaluation.majority == 0.5
    assert evaluation.confusion.tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    a, b, c, d = evaluation.per_class()
    assert (a.precision, a.recall, a.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (b.precision, b.recall) == pytest.approx((2 / 3, 1.0))
    assert (c.precision, c.recall, c.f1) == (None, 0.0, 0.0)
    assert (d.precision, d.recall, d.f1, d.support) == (None, None, None, 0)
