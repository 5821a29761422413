"""Confident learning: cleanlab's figures on the same inputs, and what must hold for any input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from headstart.screening import confident

CASES = json.loads((Path(__file__).parent / "cleanlab.json").read_text(encoding="utf-8"))


def drawn(seed: int, classes: int = 4, n: int = 120, good: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """(labels, p) of heads that are mostly right; a tenth of the labels are moved."""
    rng = np.random.default_rng(seed)
    true = np.arange(n) % classes
    scores = rng.normal(size=(n, classes))
    scores[np.arange(n), true] += good
    p = np.exp(scores)
    moved = rng.random(n) < 0.1
    return np.where(moved, (true + 1) % classes, true), p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_figures_are_cleanlabs(case: dict) -> None:
    """Written by benchmarks/labels/against_cleanlab.py, with cleanlab 2.9."""
    labels, p = np.array(case["labels"]), np.array(case["p"])
    assert confident.confident_joint(labels, p).tolist() == case["joint"]
    assert np.flatnonzero(confident.issues(labels, p)).tolist() == case["issues"]
    np.testing.assert_allclose(confident.thresholds(labels, p), case["thresholds"])
    np.testing.assert_allclose(confident.self_confidence(labels, p), case["self_confidence"])
    np.testing.assert_allclose((1 - confident.margin(labels, p)) / 2, case["normalized_margin"])


@pytest.mark.parametrize("seed", range(20))
def test_the_joint_counts_every_picture_once(seed: int) -> None:
    labels, p = drawn(seed, good=seed / 5)
    joint = confident.confident_joint(labels, p)
    assert joint.sum() == len(labels)
    assert joint.sum(axis=1).tolist() == np.bincount(labels, minlength=4).tolist()


@pytest.mark.parametrize("seed", range(10))
def test_other_numbers_for_the_classes_change_nothing(seed: int) -> None:
    labels, p = drawn(seed)
    order = np.random.default_rng(seed).permutation(4)
    number = np.argsort(order)  # class c is called number[c] now
    renamed, moved = number[labels], p[:, order]
    assert confident.thresholds(renamed, moved) == pytest.approx(confident.thresholds(labels, p)[order])
    assert (confident.issues(renamed, moved) == confident.issues(labels, p)).all()
    assert (number[confident.likeliest_other(labels, p)] == confident.likeliest_other(renamed, moved)).all()


def test_a_class_without_pictures_is_nobodys() -> None:
    labels, p = drawn(0)
    p = np.column_stack([p * 0.5, np.full(len(p), 0.5)])
    assert (confident.confident_class(labels, p) != 4).all()
    assert confident.confident_joint(labels, p)[:, 4].sum() == 0


def test_the_only_picture_of_its_class_is_left_in_peace() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.99, 0.01]])
    assert not confident.issues(np.array([0, 0, 1]), p).any()
