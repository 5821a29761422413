"""The solver of teach.html is the house's: the same heads, temperature, interval, suspects and line to strangers."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart import intervals
from headstart.certainty import Familiar, Sets, temperature
from headstart.certainty.familiar import similarity
from headstart.data.split import folds
from headstart.heads import head
from headstart.heads.head import FEW_L2, solve
from headstart.heads.held_out import HeldOut
from headstart.heads.logistic import Problem, log_softmax
from headstart.heads.neighbours import Neighbours
from headstart.screening.noise import Noise
from headstart.web.page import HERE

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")


def asked(call: str, x: np.ndarray | None, *rest: Any, rough: float = 5e-2) -> Any:
    """What a function of the page's says to the same arguments."""
    given = [one.tolist() if isinstance(one, np.ndarray) else one for one in rest]
    numbers = None if x is None else x.ravel().tolist()
    words = json.dumps({"call": call, "x": numbers, "rest": given, "rough": rough})
    command = ["node", str(Path(__file__).with_name("solver.js")), str(HERE)]
    done = subprocess.run(command, input=words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def features(n: int, width: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Like a network's: classes overlap, columns are correlated and of very different spread, some never move."""
    draw = np.random.default_rng(seed)
    labels = np.sort(np.arange(n) % classes)
    x = 1.5 * draw.normal(size=(classes, width))[labels] + 3 * draw.normal(size=(n, width))
    x = x @ (np.eye(width) + 0.3 * draw.normal(size=(width, width))) * np.exp(draw.normal(size=width))
    x[:, ::17] = 3
    return x.astype(np.float32), labels


@pytest.mark.parametrize("l2", [10.0, 0.3, 0.01])
@pytest.mark.parametrize(("n", "width", "classes"), [(60, 200, 2), (300, 90, 5)])
def test_the_optimum_is_pythons(n: int, width: int, classes: int, l2: float) -> None:
    """More columns than pictures, and fewer."""
    x, labels = features(n, width, classes)
    problem = Problem.of(x, labels, classes)
    theta, _ = problem.solve(l2, start=problem.start(), weights=np.ones((n, 1)), tolerance=1e-9)
    weight, bias = problem.plain(theta)
    found = asked("optimum", x, labels, classes, l2, 1e-6)
    assert found["certified"]
    expected = log_softmax(x @ weight.T + bias)
    ours = log_softmax(x @ np.array(found["weight"]).reshape(classes, width).T + found["bias"])
    np.testing.assert_allclose(np.exp(ours), np.exp(expected), atol=2e-3)


def test_the_certificate_holds() -> None:
    """What is certified to be within a share of the optimum is so, however rough the share."""
    x, labels = features(200, 60, 4)
    problem, ones = Problem.of(x, labels, 4), np.ones((200, 1))
    best, _ = problem.solve(0.1, start=problem.start(), weights=ones, tolerance=1e-10)
    least, _ = problem.objective(best, 0.1, ones)
    for tolerance in (0.2, 0.05, 1e-3):
        found = asked("optimum", x, labels, 4, 0.1, tolerance)
        theta = problem.rotated(np.array(found["weight"]).reshape(4, 60), np.array(found["bias"]))
        value, _ = problem.objective(theta, 0.1, ones)
        assert found["certified"]
        assert value - least <= tolerance * value


@pytest.mark.parametrize(
    ("n", "width", "classes", "seed"), [(120, 64, 3, 0), (200, 150, 4, 1), (90, 30, 2, 2)]
)
def test_cross_validation_says_what_pythons_says(
    monkeypatch: pytest.MonkeyPatch, n: int, width: int, classes: int, seed: int
) -> None:
    """By the same folds, solved exactly: the same penalty, the same probabilities of pictures held out."""
    monkeypatch.setattr(head, "ROUGH", 1e-6)
    x, labels = features(n, width, classes, seed)
    fold, everyone = folds(labels, np.arange(n), 5, 0), np.arange(n)
    expected = solve(x, labels, classes, groups=everyone)
    found = asked("solve", x, labels, classes, everyone, fold, rough=1e-6)
    assert found["l2"] == expected.l2
    assert expected.held_out is not None
    ours = np.exp(np.array(found["heldOut"]).reshape(n, classes))
    np.testing.assert_allclose(ours, np.exp(expected.held_out.log_p), atol=5e-3)


@pytest.mark.parametrize("seed", range(4))
def test_rough_folds_say_hardly_anything_else(seed: int) -> None:
    """As the page solves them: to 5 % of the objective."""
    x, labels = features(200, 100, 4, seed)
    everyone = np.arange(200)
    right = []
    for rough in (5e-2, 1e-6):
        found = asked("solve", x, labels, 4, everyone, folds(labels, everyone, 5, 0), rough=rough)
        right.append((np.array(found["heldOut"]).reshape(200, 4).argmax(1) == labels).mean())
    assert abs(right[0] - right[1]) <= 0.03


def test_with_few_pictures_nothing_is_chosen() -> None:
    x, labels = features(12, 20, 3)
    found = asked("solve", x, labels, 3, np.arange(12))
    assert found["heldOut"] is None
    assert found["l2"] == FEW_L2
    weight, bias = solve(x, labels, 3, groups=np.arange(12)).head.layers[0]
    ours = x @ np.array(found["head"]["weight"]).reshape(3, 20).T + found["head"]["bias"]
    np.testing.assert_allclose(np.exp(log_softmax(ours)), np.exp(log_softmax(x @ weight.T + bias)), atol=2e-2)


def test_equal_features_are_solved_too() -> None:
    """Nothing to tell the classes apart: each is as likely as it is frequent."""
    x, labels = np.ones((40, 8), np.float32), np.repeat([0, 0, 0, 1], 10)
    found = asked("solve", x, np.sort(labels), 2, np.arange(40))
    assert np.isfinite(found["head"]["weight"]).all()
    scores = np.array(found["head"]["weight"]).reshape(2, 8).sum(1) + found["head"]["bias"]
    np.testing.assert_allclose(np.exp(log_softmax(scores)), [0.75, 0.25], atol=0.02)


def test_folds_keep_groups_whole_and_classes_even() -> None:
    draw = np.random.default_rng(0)
    groups = draw.integers(0, 40, 200)
    labels = groups % 4
    fold = np.array(asked("dealt", None, labels, groups, 5))
    assert set(fold) == set(range(5))
    for group in np.unique(groups):
        assert len(np.unique(fold[groups == group])) == 1
    for label in range(4):
        counts = np.bincount(fold[labels == label], minlength=5)
        assert counts.min() > 0
    single = np.array(asked("dealt", None, np.repeat([0, 1], 25), np.arange(50), 5))
    assert (np.bincount(single) == 10).all()
    assert (np.bincount(single[:25]) == 5).all()


def said(n: int, classes: int, heat: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(log-probabilities that are too bold by `heat`, labels)"""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, n)
    scores = draw.normal(size=(n, classes))
    scores[np.arange(n), labels] += 2
    return log_softmax(heat * scores).astype(np.float32), labels


@pytest.mark.parametrize("heat", [0.4, 1.0, 3.0, 50.0])
def test_the_temperature_is_pythons(heat: float) -> None:
    log_p, labels = said(150, 4, heat)
    groups = np.arange(150)
    expected = temperature.fitted(HeldOut(groups, log_p), labels, groups)
    assert expected is not None
    assert asked("temperature", log_p, labels, groups, 4) == pytest.approx(expected, rel=1e-3)
    assert asked("temperature", log_p[:29], labels[:29], groups[:29], 4) is None


def test_the_temperature_of_faultless_answers_is_finite() -> None:
    log_p, labels = said(60, 3, 1)
    labels = log_p.argmax(1)
    expected = temperature.fitted(HeldOut(np.arange(60), log_p), labels, np.arange(60))
    assert asked("temperature", log_p, labels, np.arange(60), 3) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.999])
@pytest.mark.parametrize("size", [1, 3])
def test_the_sets_of_classes_are_pythons(coverage: float, size: int) -> None:
    log_p, labels = said(150, 4, 1.0)
    groups = np.arange(150) // size
    sets = Sets.of(np.exp(log_softmax(log_p / np.float32(1.3))), labels, groups)
    assert sets is not None
    found = asked("setsOf", log_p, labels, groups, 4, 1.3, coverage)
    assert found["score"] == pytest.approx(min(1.0, sets.threshold(coverage)), abs=1e-5)
    assert asked("setsOf", log_p[:29], labels[:29], groups[:29], 4, 1.3, coverage) is None


@pytest.mark.parametrize("grouped", [False, True])
def test_the_line_to_strangers_is_pythons(grouped: bool) -> None:
    x, labels = features(120, 40, 3)
    groups = np.arange(120) // 2 if grouped else np.arange(120)
    near = Neighbours.of(x, labels, [""] * 120, [""] * 120, [40])
    expected = Familiar.of(near, x, groups, groups)
    assert expected is not None
    found = asked("familiarOf", x, labels, groups)
    assert found["line"] == pytest.approx(expected.line, abs=5e-3)
    rows = np.array(found["x"]).reshape(-1, 40) * np.array(found["scale"])[:, None]
    new, _ = features(30, 40, 3, seed=5)
    unit = new / np.linalg.norm(new, axis=1, keepdims=True)
    ours = np.sort(unit @ rows.T, axis=1)[:, -found["k"]]
    np.testing.assert_allclose(ours, similarity(near, new), atol=1e-2)
    assert asked("familiarOf", x[:29], labels[:29], groups[:29]) is None


@pytest.mark.parametrize("wrong", [0, 8])
def test_the_suspects_are_those_whose_label_is_likelier_wrong(wrong: int) -> None:
    log_p, labels = said(200, 3, 1.2)
    p = np.exp(log_p)
    labels = p.argmax(1)
    labels[:wrong] = (labels[:wrong] + 1) % 3
    noise = Noise.of(labels, log_p)
    sharp = np.exp(log_softmax(log_p / noise.temperature))
    likelier = noise.wrong(labels, sharp) >= 0.5
    expected = set(np.flatnonzero(likelier & (sharp.argmax(1) != labels)))
    found = asked("suspects", log_p, labels, 3)
    assert {one["i"] for one in found if one["wrong"]} == expected
    assert {one["i"] for one in found} == set(np.flatnonzero(p.argmax(1) != labels))
    assert [one["q"] for one in found] == sorted(one["q"] for one in found)
    assert len(expected & set(range(wrong))) >= wrong // 2
    for one in found:
        assert one["best"] == sharp[one["i"]].argmax()


@pytest.mark.parametrize("size", [1, 4, 60])
def test_the_interval_is_the_houses(size: int) -> None:
    """Of pictures that stand alone, of groups, and of one group, which says nothing."""
    draw = np.random.default_rng(1)
    groups = np.arange(60) // size
    right = draw.random(60) < np.where(draw.random(groups.max() + 1) < 0.7, 0.95, 0.3)[groups]
    found = asked("interval", None, right, groups)
    np.testing.assert_allclose(found, intervals.proportion(right, groups), atol=1e-12)


def test_the_interval_of_faultless_answers_is_wilsons() -> None:
    found = asked("interval", None, np.ones(20, bool), np.arange(20))
    np.testing.assert_allclose(found, intervals.wilson(20, 20), atol=1e-12)
