"""What pictures of one group say of each other."""

from __future__ import annotations

import numpy as np

from headstart.screening.siblings import Siblings

FLAT = np.log(np.full((1, 3), 1 / 3))


def tracks(count: int = 30, each: int = 4) -> tuple[np.ndarray, np.ndarray]:
    groups = np.repeat(np.arange(count), each)
    return groups % 3, groups


def test_a_frame_with_another_label_than_its_track_is_told_the_tracks() -> None:
    labels, groups = tracks()
    labels = labels.copy()
    labels[0] = 1  # of a track of class 0
    p = Siblings.of(labels, groups, 3).beliefs(np.repeat(FLAT, len(labels), 0), labels, groups)
    assert p[0].argmax() == 0
    assert p[0, 0] > 0.99
    np.testing.assert_allclose(p[4:], 1 / 3)


def test_a_track_that_agrees_says_nothing_of_whether_it_is_right() -> None:
    labels, groups = tracks()
    log_p = np.log(np.random.default_rng(0).dirichlet(np.ones(3), len(labels)))
    p = Siblings.of(labels, groups, 3).beliefs(log_p, labels, groups)
    for group in range(3):
        mean = np.exp(log_p[groups == group].mean(axis=0))
        np.testing.assert_allclose(p[groups == group], np.tile(mean / mean.sum(), (4, 1)))


def test_groups_of_many_classes_are_not_asked() -> None:
    rng = np.random.default_rng(0)
    labels, groups = rng.integers(3, size=120), np.repeat(np.arange(30), 4)
    log_p = np.log(rng.dirichlet(np.ones(3), 120))
    found = Siblings.of(labels, groups, 3)
    assert not found.count
    np.testing.assert_allclose(found.beliefs(log_p, labels, groups), np.exp(log_p))


def test_pictures_without_groups_are_what_heads_say() -> None:
    labels, groups = np.arange(30) % 3, np.arange(30)
    log_p = np.log(np.random.default_rng(0).dirichlet(np.ones(3), 30))
    found = Siblings.of(labels, groups, 3).beliefs(log_p, labels, groups)
    np.testing.assert_allclose(found, np.exp(log_p))


def test_what_is_counted_takes_no_table_of_groups_and_classes() -> None:
    labels, groups = np.arange(70_000) % 1_000, np.arange(70_000)
    found = Siblings.of(labels, groups, 1_000)
    assert sum(part.nbytes for part in (found.counts, found.held, found.ends)) < 4_000_000


def test_others_are_the_labels_of_the_group_but_for_the_pictures_own() -> None:
    labels, groups = tracks()
    labels[0] = 1
    found = Siblings.of(labels, groups, 3)
    assert found.others(1, 0).tolist() == [3, 0, 0]
    assert found.others(0, 0).tolist() == [2, 1, 0]
