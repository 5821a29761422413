"""How many labels are wrong, and how likely each is: the noise that explains the labels best.

The model: with probability e a label is wrong, and then any of the other classes; else it is drawn from what the heads
say, sharpened by 1 / T. A label that the heads give the probability q then has the likelihood
(1 − e) q + e (1 − q) / (C − 1). e and T are those that make the product over all labels largest (by expectation and
maximisation: Dempster, Laird & Rubin 1977). T takes up heads that are too timid or too bold, so that these do not pass
for wrong labels. A label is suspected where "wrong" is the likelier: (1 − e) q < e (1 − q) / (C − 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headstart.heads.logistic import log_softmax

_TEMPERATURES = tuple(2.0 ** (step / 4) for step in range(-8, 9))
_STEPS = 50
_ROWS = 1_024  # pictures at a time
_LEAST = 1e-4  # e never reaches 0, where it could not leave it again


@dataclass(frozen=True)
class Noise:
    """rate: e, the share of wrong labels, 0 to 1; temperature: T, above 1 where heads are too bold."""

    rate: float
    temperature: float

    @staticmethod
    def of(labels: np.ndarray, log_p: np.ndarray) -> Noise:
        """The likeliest, of labels int64 [M ≥ 1] and log-probabilities [M, C] by heads that have not seen them."""
        tried = []
        for temperature in _TEMPERATURES:
            q = np.exp(_own(log_p, labels, temperature))
            tried.append((*_rate(q, log_p.shape[1]), temperature))
        _, rate, temperature = max(tried)
        return Noise(rate, temperature)

    def wrong(self, labels: np.ndarray, p: np.ndarray) -> np.ndarray:
        """float64 [M], 0 to 1: how likely each label is wrong, of p [M, C], which is sharpened already."""
        q = p[np.arange(len(labels)), labels]
        right, wrong = (1 - self.rate) * q, self.rate * (1 - q) / max(p.shape[1] - 1, 1)
        return wrong / np.maximum(right + wrong, np.finfo(np.float64).tiny)


def _own(log_p: np.ndarray, labels: np.ndarray, temperature: float) -> np.ndarray:
    """float64 [M]: the log-probability of each label at a temperature, without a second table of [M, C]."""
    found = np.empty(len(labels))
    for start in range(0, len(labels), _ROWS):
        part = slice(start, start + _ROWS)
        sharpened = log_softmax(log_p[part].astype(np.float64) / temperature)
        found[part] = sharpened[np.arange(len(sharpened)), labels[part]]
    return found


def _rate(q: np.ndarray, classes: int) -> tuple[float, float]:
    """(log-likelihood, e) for labels of probabilities q [M]; each step raises the likelihood, which has one top."""
    rate, other = 0.05, (1 - q) / max(classes - 1, 1)
    for _ in range(_STEPS):
        wrong = rate * other
        rate = max(float((wrong / np.maximum(wrong + (1 - rate) * q, 1e-300)).mean()), _LEAST)
    return float(np.log(np.maximum((1 - rate) * q + rate * other, 1e-300)).sum()), rate
