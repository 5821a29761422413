"""Which units are shown: those that tell classes apart, no two alike, none that is dead."""

from __future__ import annotations

import numpy as np

from headstart.seeing.units import telling, varied


def _answers() -> tuple[np.ndarray, np.ndarray]:
    """40 pictures of two classes, 12 units: 3 is for class 0, 7 for class 1, 8 is a copy of 7, 5 is dead."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    answers = rng.normal(size=(40, 12)).astype(np.float32)
    answers[labels == 0, 3] += 8
    answers[labels == 1, 7] += 5
    answers[:, 8] = answers[:, 7] * 2 + 1
    answers[:, 5] = 0
    return answers, labels


def test_the_units_of_the_classes_come_first_and_a_copy_is_left_out() -> None:
    answers, labels = _answers()
    chosen = telling(answers, labels, 6)
    assert 3 in chosen[:2]
    assert len({7, 8} & set(chosen[:2])) == 1
    assert len({7, 8} & set(chosen)) == 1
    assert len(set(chosen)) == len(chosen)
    assert 5 not in chosen


def test_each_class_has_its_turn() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    answers = rng.normal(size=(60, 9)).astype(np.float32)
    for unit in range(9):  # six units are for class 0, one each for the others, weaker
        owner = {6: 1, 7: 2}.get(unit, 0)
        answers[labels == owner, unit] += 9 if owner == 0 else 3
    favourites = [answers[:, unit] @ np.eye(3)[labels] for unit in telling(answers, labels, 3)]
    assert {int(np.argmax(found)) for found in favourites} == {0, 1, 2}


def test_with_one_class_those_that_vary_most_come_first() -> None:
    answers, labels = _answers()
    answers[:, 2] *= 50
    assert telling(answers, np.zeros_like(labels), 4)[0] == 2


def test_of_one_picture_those_that_vary_most_over_it() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 6, 6)).astype(np.float32)
    x[4] *= 10
    x[1] = 3  # the same everywhere
    assert varied(x, 3)[0] == 4
    assert 1 not in varied(x, 5)
    assert varied(np.array([1.0, 5.0, 3.0], np.float32).reshape(3, 1, 1), 2) == [1, 2]
