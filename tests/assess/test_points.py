"""Sensitivity against specificity, thresholds for a wanted sensitivity, costs; and levels of a taxonomy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.assess.evaluation import Evaluation
from headstart.assess.levels import Levels, levels
from headstart.assess.points import GRID, Expert, Points, curve, points
from headstart.assess.thresholds import threshold, thresholds
from headstart.data.taxonomy import Taxonomy
from headstart.errors import DataError
from headstart.model.decision import Decision, Threshold

NAMES = ("a", "b", "c")
WHOLE = {"name": "a", "wanted": 0.9, "value": 0.1, "low": 0, "high": 1, "pictures": 3, "sensitivity": 1}


def evaluation(
    n: int = 300, *, seed: int = 0, each: int = 1, skill: float = 1.5, classes: int = 3
) -> Evaluation:
    """Probabilities of some skill; every `each` pictures are a group."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    logits = rng.normal(0, 1, (n, classes)) + skill * np.eye(classes)[labels]
    p = np.exp(logits)
    p = (p / p.sum(1, keepdims=True)).astype(np.float32)
    return Evaluation("held-out", tuple("abcdef"[:classes]), labels, p, np.arange(n) // each)


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 12))
@settings(deadline=None, max_examples=60)
def test_the_area_is_scikit_learns(seed, n, steps):
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    first = np.round(rng.random(n) * steps).astype(np.float32) / steps  # with ties
    found = curve(Evaluation("x", ("a", "b"), labels, np.stack([1 - first, first], 1)), "b", draws=5)
    if len(set(labels)) < 2:
        assert found is None
    else:
        assert found is not None
        assert found.area == pytest.approx(roc_auc_score(labels, first), abs=1e-9)
        assert found.interval[0] <= found.area <= found.interval[1]


def test_a_curve_is_scikit_learns():
    from sklearn.metrics import roc_curve

    held = evaluation()
    found = curve(held, "b")
    assert found is not None
    fpr, tpr, _ = roc_curve(held.labels == 1, held.probabilities[:, 1], drop_intermediate=False)
    best = [1 - fpr[tpr >= s - 1e-9].min() for s in GRID]
    np.testing.assert_allclose(found.specificity, best, atol=1e-12)
    assert all(low <= at <= high for low, at, high in zip(found.low, best, found.high, strict=True))
    assert np.all(np.diff(found.specificity) <= 0)


def test_groups_widen_the_interval():
    """The same pictures ten times over are worth no more than once."""
    once = evaluation(60)
    many = Evaluation(
        "x",
        NAMES,
        np.repeat(once.labels, 10),
        np.repeat(once.probabilities, 10, 0),
        np.repeat(np.arange(60), 10),
    )
    first, grouped = curve(once, "a"), curve(many, "a")
    alone = curve(Evaluation("x", NAMES, many.labels, many.probabilities), "a")
    assert first
    assert grouped
    assert alone
    assert grouped.area == pytest.approx(first.area)
    width = [one.interval[1] - one.interval[0] for one in (first, grouped, alone)]
    assert width[1] == pytest.approx(width[0], rel=0.25)
    assert width[2] < 0.5 * width[1]


def test_a_perfect_area_is_not_certain():
    labels = np.array([0] * 10 + [1] * 50)
    found = curve(Evaluation("x", ("a", "b"), labels, np.eye(2, dtype=np.float32)[labels]), "a")
    assert found is not None
    assert found.area == 1
    assert found.interval == pytest.approx((0.7225, 1.0), abs=1e-3)  # Wilson, 10 of 10


@pytest.mark.parametrize("wanted", [0.5, 0.9, 0.95])
def test_a_threshold_keeps_its_promise_on_new_pictures(wanted, monkeypatch):
    """Over draws of 60 pictures of the class, the mean sensitivity on new ones is at least what was wanted."""
    monkeypatch.setattr("headstart.assess.thresholds.DRAWS", 20)
    rng, new = np.random.default_rng(0), 1 / (1 + np.exp(-np.random.default_rng(1).normal(0.5, 1.5, 100_000)))
    reached = []
    for _ in range(400):
        scores = 1 / (1 + np.exp(-np.concatenate([rng.normal(0.5, 1.5, 60), rng.normal(-1, 1.5, 400)])))
        own = np.arange(460) < 60
        found = threshold("a", wanted, scores, own, np.arange(460))
        assert found.low <= found.value <= found.high
        reached.append((new >= found.value).mean())
    assert wanted - 0.006 < np.mean(reached) < wanted + 0.03


@pytest.mark.parametrize("each", [1, 10, 20])
def test_a_threshold_keeps_its_promise_where_pictures_come_in_groups(each, monkeypatch):
    """Pictures of a scene are alike: 200 of ten scenes say little more than ten. Other classes' are everywhere."""
    monkeypatch.setattr("headstart.assess.thresholds.DRAWS", 1)
    rng, new = np.random.default_rng(0), 1.25**0.5 * np.random.default_rng(1).normal(size=100_000)
    own = np.arange(5_200) < 200
    groups = np.where(own, np.arange(5_200) // each, np.arange(5_200))
    reached = []
    for _ in range(300):
        mine = np.repeat(rng.normal(size=200 // each), each) + 0.5 * rng.normal(size=200)
        scores = 1 / (1 + np.exp(-np.concatenate([mine, np.linspace(-6, 4, 5_000)])))
        reached.append((1 / (1 + np.exp(-new)) >= threshold("a", 0.9, scores, own, groups).value).mean())
    assert np.mean(reached) > 0.9 - 0.006


def test_a_threshold_goes_down_where_that_costs_nothing():
    scores, own = np.array([0.99, 0.9, 0.8, 0.7, 0.6, 0.5, 0.1]), np.array([1, 1, 1, 1, 1, 1, 0], bool)
    found = threshold("a", 0.5, scores, own, np.arange(7))
    assert (found.value, found.sensitivity, found.pictures) == (pytest.approx(0.3), 1.0, 6)


def test_the_first_class_has_the_last_word():
    one, two = (Threshold(name, 0.9, value, 0, 1, 9, 0.9) for name, value in (("b", 0.3), ("a", 0.2)))
    decision = Decision(NAMES, (one, two))
    rows = np.array([[0.5, 0.3, 0.2], [0.25, 0.2, 0.55], [0.1, 0.2, 0.7], [0.6, 0.35, 0.05]])
    assert decision.decide(rows).tolist() == [1, 0, 2, 1]


def test_what_reaches_no_threshold_is_called_another():
    decision = Decision(NAMES, (Threshold("a", 0.5, 0.9, 0.8, 1, 9, 0.5),))
    assert decision.decide(np.array([[0.8, 0.05, 0.15], [0.9, 0.1, 0.0]])).tolist() == [2, 0]


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=40)
def test_costs_choose_what_costs_least(seed):
    rng = np.random.default_rng(seed)
    costs = rng.random((3, 3)) * (1 - np.eye(3))
    rows = rng.dirichlet(np.ones(3), 20)
    answers = Decision(NAMES, costs=tuple(map(tuple, costs.tolist()))).decide(rows)
    expected = [[sum(row[t] * costs[t, c] for t in range(3)) for c in range(3)] for row in rows]
    assert answers.tolist() == [int(np.argmin(row)) for row in expected]


def test_equal_costs_are_the_likeliest_class():
    held = evaluation()
    equal = Decision(NAMES, costs=tuple(map(tuple, (1 - np.eye(3)).tolist())))
    np.testing.assert_array_equal(equal.decide(held.probabilities), held.predictions)
    found = points(held, equal).decided
    assert found is not None
    assert found.cost is not None
    assert (found.cost.gain, found.cost.decided) == (0, pytest.approx(1 - held.accuracy))


def test_thresholds_in_their_order():
    held = evaluation(600)
    labels, groups = held.labels, np.arange(600)
    one, two = thresholds({"b": 0.9, "a": 0.6}, NAMES, held.probabilities, labels, groups)
    assert (one.name, two.name) == ("b", "a")
    answers = Decision(NAMES, (one, two)).decide(held.probabilities)
    assert (answers[labels == 1] == 1).mean() >= 0.9
    assert (answers[labels == 0] == 0).mean() >= 0.6
    with pytest.raises(DataError, match=r"a=0.99: out of reach beside b=0.98, .*; ask for less of one"):
        thresholds({"b": 0.98, "a": 0.99}, NAMES, held.probabilities, labels, groups)
    with pytest.raises(DataError, match=r"a=0.9: no training picture of it was held out"):
        thresholds({"a": 0.9}, NAMES, held.probabilities[labels > 0], labels[labels > 0], groups[labels > 0])


def test_the_weakest_two_are_drawn_unless_others_are_asked_for():
    held = evaluation(300, classes=5)
    assert len(points(held).curves) == 2
    assert len(points(evaluation(classes=2)).curves) == 1
    asked = Decision(held.classes, (Threshold("d", 0.9, 0.3, 0.1, 0.4, 9, 0.9),))
    assert [one.name for one in points(held, asked).curves] == ["d"]
    assert points(held, asked, proved=False).decided is None


def test_experts_stand_beside_the_curve():
    held = evaluation()
    found = points(held, experts={"a": [Expert("A", 0.8, 0.0), Expert("B", 0.6, 1.0)]}).curves[0]
    assert found.ahead == 1
    assert found.mean == Expert("mean", 0.7, 0.5)
    for one in found.experts:
        at = round(one.sensitivity * 100)
        assert one.beside == pytest.approx(found.specificity[at], abs=0.02)


def test_points_are_kept_as_plain_values():
    held = evaluation(each=3)
    decision = Decision(NAMES, (Threshold("b", 0.9, 0.3, 0.1, 0.4, 9, 0.9),))
    for choice in (decision, Decision(NAMES, costs=((0.0, 5.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)))):
        found = points(held, choice, experts={"b": [Expert("A", 0.8, 0.5)]})
        text = json.dumps(found.to_dict(), allow_nan=False)
        assert Points.from_dict(json.loads(text)).to_dict() == found.to_dict()
        assert Decision.from_dict(json.loads(json.dumps(choice.to_dict())), NAMES) == choice


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"costs": [[0, 1], [1, 0]]},
        {"costs": [[0, 1, 1], [1, 0, 1], [1, -1, 0]]},
        {"costs": [[0, 1, 1], [1, 0, 1], [1, float("nan"), 0]]},
        {"thresholds": [{**WHOLE, "name": "z"}]},
        {"thresholds": [{**WHOLE, "value": 7}]},
        {"thresholds": [{**WHOLE, "low": float("nan")}]},
        {"thresholds": [WHOLE, WHOLE]},
        {"thresholds": [{"name": "a"}]},
    ],
)  # fmt: skip
def test_what_is_no_decision_is_refused(broken):
    with pytest.raises((ValueError, TypeError)):
        Decision.from_dict(broken, NAMES)


TREE = Taxonomy(("", "ab", "a", "b", "c"), (-1, 0, 1, 1, 0), merged={"fine": "c"}, origin="tree.yaml")


def test_levels():
    p = np.array([[0.3, 0.3, 0.4], [0.5, 0.4, 0.1], [0.1, 0.6, 0.3], [0.2, 0.1, 0.7]], np.float32)
    held = Evaluation("x", NAMES, np.array([0, 1, 1, 1]), p)
    found = levels(held, TREE)
    assert [(one.depth, one.nodes, one.score.accuracy) for one in found.levels] == [
        (1, 2, 0.75),
        (2, 3, 0.25),
    ]
    assert [(n.name, n.depth, n.found.accuracy, n.merged) for n in found.nodes] == [
        ("ab", 1, 0.75, ()),
        ("a", 2, 0.0, ()),
        ("b", 2, 1 / 3, ()),
        ("c", 1, None, ("fine",)),
    ]
    assert found.distance is not None
    # a → c: 3 edges, b → a: 2, b → c: 3; by chance 2.5 each
    assert (found.distance.mistakes, found.distance.mean, found.distance.chance) == (
        3,
        pytest.approx(8 / 3),
        2.5,
    )
    assert Levels.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found


def test_the_finest_level_is_the_accuracy():
    held = evaluation(200, each=4)
    found = levels(held, TREE)
    assert found.levels[-1].score.accuracy == held.accuracy
    assert found.levels[-1].score.interval == held.interval
    assert (found.levels[0].score.accuracy or 0) > held.accuracy
