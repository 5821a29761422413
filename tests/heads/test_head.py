"""The head solver: at the optimum, folded right, few pictures, groups, seeds."""

from types import SimpleNamespace

import numpy as np
import pytest

from headstart.data.split import folds
from headstart.heads import head, trial
from headstart.heads.logistic import Problem
from headstart.heads.spectrum import Scaling
from headstart.intervals import wilson


def made(n: int, width: int, n_classes: int, *, shift: float = 1.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % n_classes)
    centres = rng.normal(size=(n_classes, width)) * shift
    x = centres[labels] + rng.normal(size=(n, width)) * np.linspace(0.2, 3, width) + 5
    return x.astype(np.float32), labels


def objective(z, labels, weights, weight, bias, l2) -> float:
    logits = z @ weight.T + bias
    logits -= logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-(weights * log_p[np.arange(len(z)), labels]).sum() + l2 / 2 * (weight**2).sum())


@pytest.mark.parametrize(("n", "width", "n_classes"), [(200, 30, 2), (150, 20, 5), (60, 150, 3)])
@pytest.mark.parametrize("l2", [1.0, 0.01])
@pytest.mark.parametrize("class_weight", ["none", "balanced"])
def test_optimum_is_that_of_scikit_learn(n, width, n_classes, l2, class_weight) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    x, labels = made(n, width, n_classes, shift=0.5)
    labels[: n // 4] = 0
    z = Scaling.of(x).apply(x)
    weights = head.picture_weights(labels, n_classes, class_weight)
    # Of two classes scikit-learn fits the difference of the logits: the same problem at half the penalty.
    strength = 2 / l2 if n_classes == 2 else 1 / l2
    reference = linear.LogisticRegression(C=strength, tol=1e-10, max_iter=20_000)
    reference.fit(z, labels, sample_weight=weights)
    weight, bias = reference.coef_, reference.intercept_
    if n_classes == 2:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    best = objective(z, labels, weights, weight, bias, l2)

    problem = Problem.of(x, labels, n_classes)
    theta, _ = problem.solve(l2, start=problem.start(), weights=weights[:, None], tolerance=head.FINAL)
    ours = objective(z, labels, weights, (problem.axes @ theta[:-1, 0]).T, theta[-1, 0], l2)
    assert abs(ours - best) <= 1e-4 * best
    folded = head.Head((problem.plain(theta),)).logits(x)
    np.testing.assert_allclose(folded, z @ (problem.axes @ theta[:-1, 0]) + theta[-1, 0], atol=2e-3)


def test_folds_side_by_side_equal_fits_one_by_one() -> None:
    x, labels = made(90, 12, 3, shift=0.5)
    problem = Problem.of(x, labels, 3)
    weights = (np.arange(90)[:, None] % 3 != np.arange(3)).astype(float)
    joint, _ = problem.solve(0.1, start=problem.start(3), weights=weights, tolerance=1e-9)
    for k in range(3):
        alone, _ = problem.solve(0.1, start=problem.start(), weights=weights[:, [k]], tolerance=1e-9)
        np.testing.assert_allclose(joint[:, k], alone[:, 0], atol=1e-2)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("init", ["solved", "random"])
def test_every_way_learns_and_repeats_itself(layers: int, init: str) -> None:
    x, labels = made(150, 40, 3)
    seen, report = np.arange(100), np.arange(100, 150)
    solved = head.solve(x[seen], labels[seen], 3, layers=layers, init=init, groups=seen, seed=3)
    again = head.solve(x[seen], labels[seen], 3, layers=layers, init=init, groups=seen, seed=3)
    assert len(solved.head.layers) == layers
    assert solved.head.n_classes == 3
    assert (solved.head.logits(x[report]).argmax(axis=1) == labels[report]).mean() > 0.85
    assert solved.cv_accuracy is not None
    assert solved.cv_correct is not None
    assert solved.cv_accuracy == solved.cv_correct.mean() > 0.8
    assert solved.held_out is not None
    np.testing.assert_array_equal(
        solved.held_out.log_p.argmax(1) == labels[solved.held_out.places], solved.cv_correct
    )
    np.testing.assert_array_equal(solved.head.logits(x), again.head.logits(x))
    np.testing.assert_allclose(solved.head.probabilities(x).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("layers", "init"), [(1, "solved"), (2, "solved"), (1, "random"), (2, "random")])
def test_a_narrow_cut_is_heard_beside_a_wide_one(layers: int, init: str) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 3
    narrow = np.eye(3)[labels] + rng.normal(scale=0.3, size=(120, 3))
    x = np.column_stack([narrow, rng.normal(size=(120, 600))]).astype(np.float32)
    kwargs = {"layers": layers, "init": init, "groups": np.arange(120)}
    alone, shared = (head.solve(x, labels, 3, widths=widths, **kwargs) for widths in ((), (3, 600)))
    assert shared.cv_accuracy > alone.cv_accuracy + 0.1


def test_seed_decides_random_weights() -> None:
    x, labels = made(60, 10, 2)
    groups = np.arange(60)
    first, second = (head.solve(x, labels, 2, init="random", groups=groups, seed=seed) for seed in (0, 1))
    assert not np.array_equal(first.head.layers[0][0], second.head.layers[0][0])


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("init", ["solved", "random"])
def test_few_pictures_are_not_cross_validated(layers: int, init: str) -> None:
    x, labels = made(20, 300, 10, shift=4.0)
    solved = head.solve(x, labels, 10, layers=layers, init=init, groups=np.arange(20))
    assert solved.cv_accuracy is None
    assert solved.cv_correct is None
    assert np.isfinite(solved.head.logits(x)).all()
    if (layers, init) == (1, "solved"):
        assert solved.l2 == head.FEW_L2
        assert (solved.head.logits(x).argmax(axis=1) == labels).all()


@pytest.mark.parametrize("layers", [1, 2])
def test_shuffled_labels_give_chance(layers: int) -> None:
    x, labels = made(400, 30, 4, shift=3.0)
    shuffled = np.random.default_rng(5).permutation(labels)
    solved = head.solve(x, shuffled, 4, layers=layers, groups=np.arange(400))
    assert solved.cv_correct is not None
    low, high = wilson(int(solved.cv_correct.sum()), 400)
    assert low <= 0.25 <= high


def test_groups_keep_copies_out_of_the_held_out_part() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.integers(0, 2, 60), 5)
    x = np.repeat(rng.normal(size=(60, 200)), 5, axis=0).astype(np.float32)
    honest = head.solve(x, labels, 2, groups=np.repeat(np.arange(60), 5)).cv_accuracy
    fooled = head.solve(x, labels, 2, groups=np.arange(300)).cv_accuracy
    assert honest is not None
    assert fooled is not None
    assert fooled > 0.95
    assert honest < 0.75


def test_a_class_in_one_group_breaks_nothing() -> None:
    x, labels = made(80, 10, 2)
    labels[:3] = 2
    groups = np.arange(80)
    groups[:3] = 0
    assert np.isfinite(head.solve(x, labels, 4, groups=groups).head.logits(x)).all()


def test_balanced_lifts_the_rare_class() -> None:
    rng = np.random.default_rng(1)
    labels = (np.arange(300) < 30).astype(np.int64)
    x = (labels[:, None] * 0.5 + rng.normal(size=(300, 4))).astype(np.float32)
    recall = {}
    for class_weight in ("none", "balanced"):
        solved = head.solve(x, labels, 2, groups=np.arange(300), class_weight=class_weight)
        recall[class_weight] = (solved.head.logits(x[:30]).argmax(axis=1) == 1).mean()
    assert recall["balanced"] > recall["none"] + 0.2
    assert head.picture_weights(labels, 2, "balanced").mean() == pytest.approx(1)


def test_large_sets_choose_by_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "CV_LIMIT", 100)
    x, labels = made(300, 10, 3)
    groups = np.repeat(np.arange(150), 2)
    solved = head.solve(x, np.repeat(labels[::2], 2), 3, groups=groups)
    assert solved.cv_correct is not None
    assert solved.cv_groups is not None
    assert len(solved.cv_correct) == len(solved.cv_groups) == pytest.approx(100, abs=6)
    assert (np.unique(solved.cv_groups, return_counts=True)[1] == 2).all()
    assert solved.cv_accuracy == solved.cv_correct.mean()


def test_above_the_limit_one_part_learns_and_another_judges_by_whole_groups() -> None:
    labels, groups = np.arange(60_000) // 2 % 3, np.arange(60_000) // 2
    chosen, fold = trial.draw(labels, groups, 0)
    learns = fold == trial.LEARNS
    assert learns.sum() == pytest.approx(trial.CV_LIMIT, rel=0.01)
    assert (~learns).sum() == pytest.approx(trial.CV_LIMIT, rel=0.01)
    assert not np.intersect1d(groups[chosen[learns]], groups[chosen[~learns]]).size
    for part in (learns, ~learns):
        assert np.ptp(np.bincount(labels[chosen[part]])) <= 2


def test_up_to_the_limit_every_picture_is_held_out_once() -> None:
    labels, groups = np.arange(300) % 3, np.arange(300)
    chosen, fold = trial.draw(labels, groups, 0)
    assert (chosen == np.arange(300)).all()
    assert (fold == folds(labels, groups, trial.FOLDS, 0)).all()


def test_a_penalty_chosen_on_a_part_is_solved_once_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """From where the part left off, to the same head within the certified gap."""
    x, labels = made(600, 20, 4)
    solves: list[tuple[int, float]] = []
    solve = Problem.solve

    def noted(problem: Problem, l2: float, **how):
        solves.append((len(problem.design), l2))
        return solve(problem, l2, **how)

    monkeypatch.setattr(Problem, "solve", noted)
    monkeypatch.setattr(trial, "CV_LIMIT", 200)
    found = head.solve(x, labels, 4, groups=np.arange(600))
    assert [entry for entry in solves if entry[0] == 600] == [(600, found.l2)]
    monkeypatch.setattr(trial, "CV_LIMIT", 600)
    monkeypatch.setattr(head, "GRID", (found.l2,))
    exact = head.solve(x, labels, 4, groups=np.arange(600))
    scaling, ones = Scaling.of(x), np.ones(600)

    def reached(solved: head.Solved) -> float:
        weight, bias = (part.astype(np.float64) for part in solved.head.layers[0])
        moved = bias + weight @ scaling.mean
        return objective(scaling.apply(x), labels, ones, weight * scaling.scale, moved, found.l2)

    assert reached(exact) <= reached(found) <= (1 + head.FINAL_OF_MANY) * reached(exact)


def test_rotating_undoes_plain() -> None:
    x, labels = made(50, 12, 3)
    problem = Problem.of(x, labels, 3)
    theta = np.random.default_rng(0).standard_normal((problem.design.shape[1] + 1, 1, 3))
    assert problem.rotated(*problem.plain(theta)) == pytest.approx(theta, abs=1e-4)


@pytest.mark.parametrize("wrong", [{"layers": 3}, {"init": "warm"}, {"class_weight": "heavy"}])
def test_wrong_values_are_named(wrong: dict) -> None:
    x, labels = made(20, 4, 2)
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be one of"):
        head.solve(x, labels, 2, groups=np.arange(20), **wrong)


@pytest.mark.parametrize(("layers", "init"), [(1, "solved"), (2, "solved"), (1, "random")])
@pytest.mark.parametrize("each", [3, 40])
def test_solving_is_counted_to_its_end(counted, layers: int, init: str, each: int) -> None:
    """Also where fewer values are tried than there are, or none is chosen."""
    x, labels = made(3 * each, 10, 3)
    head.solve(x, labels, 3, layers=layers, init=init, groups=np.arange(3 * each))
    total, done = counted["solving the head"]
    assert total == done > 1


def test_what_is_kept_in_half_precision_changes_no_answer_and_stays_finite() -> None:
    """Two log-probabilities that float16 cannot tell apart, and one that it cannot hold."""
    said = np.array([[-0.69310, -0.69300, -70_000.0], [-0.69300, -0.69310, -70_000.0]], np.float32)
    way = SimpleNamespace(values=1, patience=1, one_valley=True, held_out=lambda _: iter([(1.0, said)]))
    bar = SimpleNamespace(advance=lambda _=1: None)
    _, correct, log_p = head._choose(way, np.zeros(2, int), np.array([1, 1]), np.ones(2), bar)  # type: ignore[arg-type]
    assert correct.tolist() == [True, False]
    assert np.isfinite(log_p).all()
    np.testing.assert_allclose(log_p[:, :2], said[:, :2], rtol=1e-3)
