"""LogME: how well features explain labels, as the evidence of a Bayesian linear model (You et al. 2021).

For each class, targets y [N] are modelled as z w + noise of precision β, with weights w of prior precision α. The
logarithm of the evidence p(y | z) is maximised over α and β by MacKay's fixed point, divided by N, and averaged over
the classes. It rewards fit and punishes needless complexity, and holds nothing out: a second opinion beside the probe.
"""

from __future__ import annotations

import math

import numpy as np

from headstart.heads.spectrum import Spectrum

_ROUNDS, _SETTLED = 100, 1e-6
_LEAST = 1e-12


def logme(spectrum: Spectrum, targets: np.ndarray) -> float:
    """LogME per picture of centred features, given by their spectrum, and of one-hot targets float64 [N, C].

    A constant is fitted beside the features: targets are centred, which leaves N − 1 dimensions. Higher is better; only
    values on the same pictures and labels compare.
    """
    n, centred = len(targets) - 1, targets - targets.mean(axis=0)
    along = spectrum.left.astype(np.float64).T @ centred  # [r, C]
    beside = np.maximum((centred**2).sum(axis=0) - (along**2).sum(axis=0), 0.0)  # what no weights reach
    values, squares = spectrum.values[:, None], along**2
    alpha, beta = (np.ones(targets.shape[1]) for _ in range(2))
    found = np.full(targets.shape[1], -np.inf)
    for _ in range(_ROUNDS):
        total = alpha + beta * values
        weights = (beta**2 * values * squares / total**2).sum(axis=0)  # ‖w‖²
        residual = (squares * (alpha / total) ** 2).sum(axis=0) + beside
        before, found = (
            found,
            0.5
            * (
                n * np.log(beta / (2 * math.pi))
                + len(values) * np.log(alpha)
                - beta * residual
                - alpha * weights
                - np.log(total).sum(axis=0)
            ),
        )
        if np.abs(found - before).max() < _SETTLED * n:
            break
        used = (beta * values / total).sum(axis=0)  # γ, the number of weights that the labels determine
        alpha = np.maximum(used, _LEAST) / np.maximum(weights, _LEAST)  # features that say nothing use none
        beta = (n - used) / np.maximum(residual, _LEAST)
    return float(found.mean() / n)
