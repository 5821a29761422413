"""How many labels are wrong: told from heads that are poor, timid or bold."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.screening.noise import Noise


def drawn(
    rate: float, spread: float, temperature: float, n: int = 4_000
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(labels, log-scores, whether wrong): true classes are drawn from heads that are right about how sure they are."""
    rng, classes = np.random.default_rng(0), 5
    scores = rng.normal(size=(n, classes)) * spread
    true = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    wrong = rng.random(n) < rate
    labels = np.where(wrong, (true + rng.integers(1, classes, n)) % classes, true)
    log_p = scores * temperature
    return labels, log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True)), wrong


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_share_of_wrong_labels_and_the_temperature_are_found(rate: float, temperature: float) -> None:
    labels, log_p, _ = drawn(rate, 4.0, temperature)
    found = Noise.of(labels, log_p)
    assert found.rate == pytest.approx(rate, abs=0.02)
    assert found.temperature == pytest.approx(temperature, rel=0.2)


def test_poor_heads_are_no_wrong_labels() -> None:
    labels, log_p, _ = drawn(0.0, 1.0, 1.0)
    assert (log_p.argmax(axis=1) == labels).mean() < 0.6
    found = Noise.of(labels, log_p)
    assert (found.wrong(labels, np.exp(log_p)) >= 0.5).sum() <= len(labels) / 1000


def test_what_is_called_likely_wrong_is_so_as_often_as_it_is_said() -> None:
    labels, log_p, wrong = drawn(0.05, 4.0, 1.0, n=20_000)
    said = Noise.of(labels, log_p).wrong(labels, np.exp(log_p))
    likely = said >= 0.5
    assert wrong[likely].mean() == pytest.approx(said[likely].mean(), abs=0.05)
