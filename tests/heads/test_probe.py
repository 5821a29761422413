"""The closed form against explicit refits, and what the probe must say of nothing and of little."""

import numpy as np
import pytest

from headstart.data.split import folds
from headstart.errors import DataError
from headstart.heads import probe
from headstart.heads.spectrum import Scaling, Spectrum
from headstart.intervals import wilson


def made(n: int, width: int, n_classes: int, *, shift: float = 1.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % n_classes)
    centres = rng.normal(size=(n_classes, width)) * shift
    return (centres[labels] + rng.normal(size=(n, width))).astype(np.float32), labels


@pytest.mark.parametrize(("n", "width"), [(60, 10), (60, 200), (100, 3), (40, 40)])
@pytest.mark.parametrize("l2", [1e-3, 1.0, 100.0])
def test_closed_form_equals_explicit_refits(n: int, width: int, l2: float) -> None:
    x, labels = made(n, width, 3)
    fold = np.random.default_rng(1).integers(0, 4, n)
    scaling = Scaling.of(x)
    explicit = np.empty((n, 3))
    for number in range(4):
        held = fold == number
        ridge = probe.fit(x[~held], labels[~held], 3, l2, scaling=scaling)
        explicit[held] = ridge.scores(x[held])
    closed = probe.cross_validate(x, labels, 3, fold, [l2])
    np.testing.assert_allclose(closed.scores, explicit, atol=1e-7)
    assert closed.l2 == l2
    assert (closed.correct == (explicit.argmax(axis=1) == labels)).all()


def test_class_missing_from_a_training_part_and_constant_features() -> None:
    x, labels = made(50, 8, 3)
    x[:, 2] = 7.0
    fold = np.arange(50) % 5
    fold[labels == 1] = 0  # class 1 is never trained on while fold 0 is held out
    result = probe.cross_validate(x, labels, 4, fold)  # and class 3 has no picture at all
    assert np.isfinite(result.scores).all()
    assert not result.correct[labels == 1].any()


def test_the_penalty_has_the_smallest_held_out_error() -> None:
    x, labels = made(120, 60, 4, shift=0.4)
    fold = np.arange(120) % 5
    targets = probe.one_hot(labels, 4)
    errors = {
        l2: ((probe.cross_validate(x, labels, 4, fold, [l2]).scores - targets) ** 2).sum()
        for l2 in probe.GRID
    }
    assert probe.cross_validate(x, labels, 4, fold).l2 == min(errors, key=lambda l2: errors[l2])


@pytest.mark.parametrize("width", [20, 400])
def test_shuffled_labels_give_chance(width: int) -> None:
    x, labels = made(600, width, 4, shift=3.0)
    shuffled = np.random.default_rng(5).permutation(labels)
    # Folds even in every class, as judge makes them: uneven ones push a probe that has learnt nothing below
    # chance, since the class that is frequent among the held-out is then rare among the others.
    fold = folds(shuffled, np.arange(600), 5, 0)
    result = probe.cross_validate(x, shuffled, 4, fold)
    low, high = wilson(int(result.correct.sum()), 600)
    assert low <= 0.25 <= high
    assert probe.cross_validate(x, labels, 4, np.arange(600) % 5).accuracy > 0.95


def test_few_pictures_take_the_fixed_penalty() -> None:
    labels = np.repeat(np.arange(6), 2)
    assert probe.penalties(labels, np.arange(12)) == (probe.FEW_L2,)
    many = np.repeat(np.arange(6), 20)
    assert probe.penalties(many, np.arange(120)) == probe.GRID
    assert probe.penalties(many, many * 10 + np.arange(120) % 2) == (probe.FEW_L2,)  # two groups a class


def test_one_fold_is_refused() -> None:
    x, labels = made(10, 3, 2)
    with pytest.raises(DataError, match="one group"):
        probe.cross_validate(x, labels, 2, np.zeros(10, dtype=np.int64))


@pytest.mark.parametrize("shape", [(30, 8), (8, 30), (12, 12)])
def test_spectrum_rebuilds_what_it_took_apart(shape: tuple[int, int]) -> None:
    z = np.random.default_rng(2).normal(size=shape)
    z -= z.mean(axis=0)
    spectrum = Spectrum.of(z)
    np.testing.assert_allclose(spectrum.rotated @ spectrum.axes.T, z, atol=1e-10)
    np.testing.assert_allclose(spectrum.axes.T @ spectrum.axes, np.eye(len(spectrum.values)), atol=1e-10)
    assert len(spectrum.values) <= min(shape[0] - 1, shape[1])


def test_scaling_gives_pictures_unit_mean_square() -> None:
    x = np.random.default_rng(3).normal(size=(50, 7)) * 100 + 5
    z = Scaling.of(x).apply(x)
    assert (z**2).sum(axis=1).mean() == pytest.approx(1)
    assert np.isfinite(Scaling.of(np.ones((5, 3))).apply(np.ones((5, 3)))).all()


def test_cuts_side_by_side_share_the_length_by_the_roots_of_their_widths() -> None:
    spreads = np.array([1e-5] * 4 + [100] * 9)  # no cut drowns another
    x = np.random.default_rng(3).normal(size=(50, 13)) * spreads
    z = Scaling.of(x, (4, 9)).apply(x)
    own = [(part**2).sum(axis=1).mean() for part in (z[:, :4], z[:, 4:])]
    np.testing.assert_allclose(own, [2 / 5, 3 / 5])
    np.testing.assert_allclose(Scaling.of(x[:, 4:], (9,)).scale, Scaling.of(x[:, 4:]).scale)
    dead = Scaling.of(x * np.array([1e-6] * 4 + [1] * 9), (4, 9)).apply(x * 1e-6)
    assert (dead[:, :4] ** 2).sum(axis=1).mean() < 1e-4  # what is noise beside the others is not blown up
    with pytest.raises(ValueError, match=r"widths \[4, 3\] must come to 13 columns; they come to 7"):
        Scaling.of(x, (4, 3))
