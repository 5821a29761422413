"""LogME is the maximum of the evidence, and ranks features as they explain labels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from headstart.evidence.logme import logme
from headstart.heads.probe import one_hot
from headstart.heads.spectrum import Spectrum


def _problem(n: int, d: int, strength: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    x = rng.standard_normal((3, d))[labels] * strength + rng.standard_normal((n, d))
    return (x - x.mean(0)) / math.sqrt(d), one_hot(labels, 3)


def _evidence(z: np.ndarray, y: np.ndarray, alpha: float, beta: float) -> float:
    """log N(y; 0, z zᵀ / α + I / β) across the constant, straight from the density."""
    basis = np.linalg.qr(np.column_stack([np.ones(len(z)), np.eye(len(z))[:, 1:]]))[0][:, 1:]
    z, y = basis.T @ z, basis.T @ y
    covariance = z @ z.T / alpha + np.eye(len(z)) / beta
    _, determinant = np.linalg.slogdet(2 * math.pi * covariance)
    return float(-0.5 * (determinant + y @ np.linalg.solve(covariance, y)))


@pytest.mark.parametrize(("n", "d"), [(60, 8), (40, 90)])
def test_it_is_the_greatest_evidence_over_both_precisions(n, d):
    z, targets = _problem(n, d, 0.8)
    found = logme(Spectrum.of(z), targets)
    grid = np.exp(np.linspace(-4, 8, 50))
    best = [
        max(_evidence(z, y, a, b) for a in grid for b in grid) / (n - 1)
        for y in (targets - targets.mean(0)).T
    ]
    assert found == pytest.approx(np.mean(best), abs=5e-3)


def test_it_rises_with_what_features_tell_and_does_not_reward_width():
    scores = [logme(Spectrum.of(z), y) for z, y in (_problem(300, 20, s) for s in (0, 0.3, 1, 3))]
    assert scores == sorted(scores)
    narrow, wide = (logme(Spectrum.of(z), y) for z, y in (_problem(300, d, 0) for d in (5, 200)))
    assert wide == pytest.approx(narrow, abs=0.05)


def test_labels_that_features_tell_exactly_have_a_finite_score():
    z, targets = _problem(90, 6, 0)
    z[:, :3] = targets - targets.mean(0)
    assert math.isfinite(logme(Spectrum.of(z), targets))


def test_features_that_never_change_explain_nothing():
    """A number all the same: that of a constant beside the labels' own spread."""
    _, targets = _problem(30, 4, 1.0)
    found = logme(Spectrum.of(np.zeros((30, 4))), targets)
    by_hand = [-0.5 * (math.log(2 * math.pi * y @ y / 29) + 1) for y in (targets - targets.mean(0)).T]
    assert found == pytest.approx(np.mean(by_hand), abs=1e-9)
