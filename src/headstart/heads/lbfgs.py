"""L-BFGS (Nocedal & Wright 2006, ch. 7) for convex problems whose curvature has a known diagonal bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

MEMORY = 6
DECREASE = 1e-4  # of what the slope promises (Armijo)


def minimise(
    objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    inverse: np.ndarray,
    *,
    done: Callable[[float, np.ndarray], bool],
    steps: int,
) -> tuple[np.ndarray, bool]:
    """(the minimiser, an array of `start`'s shape; whether it is `done`).

    objective(θ) gives the value and the gradient; `inverse`, broadcast against θ, is the diagonal of the
    inverse of an upper bound of the Hessian, so that the very first step of length 1 goes down. Stops where
    `done(value, gradient)`, after `steps`, or where rounding leaves nothing to gain.
    """
    theta = start
    value, gradient = objective(theta)
    pairs: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=MEMORY)
    for _ in range(steps):
        if done(value, gradient):
            return theta, True
        direction = -_quasi_newton(gradient, pairs, inverse)
        found = _search(objective, theta, value, gradient, direction)
        if found is None:
            if not pairs:
                break
            pairs.clear()
            continue
        moved, value, slope = found
        pair = (moved - theta, slope - gradient)
        if float(np.vdot(*pair)) > 0:
            pairs.append(pair)
        theta, gradient = moved, slope
    return theta, done(value, gradient)


def _search(
    objective: Callable[[np.ndarray], tuple[float, np.ndarray]],
    theta: np.ndarray,
    value: float,
    gradient: np.ndarray,
    direction: np.ndarray,
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """The first of the steps 1, 1/2, 1/4, ... that goes down enough; None where none does."""
    promise = float(np.vdot(gradient, direction))
    length = 1.0
    while length > 1e-6 and promise < 0:
        moved = theta + length * direction
        lower, slope = objective(moved)
        if lower <= value + DECREASE * length * promise:
            return moved, lower, slope
        length /= 2
    return None


def _quasi_newton(
    gradient: np.ndarray, pairs: deque[tuple[np.ndarray, np.ndarray]], inverse: np.ndarray
) -> np.ndarray:
    """The two-loop recursion: the inverse Hessian, as pairs (step, change) show it, times the gradient."""
    result = gradient.copy()
    shares = []
    for step, change in reversed(pairs):
        share = float(np.vdot(step, result) / np.vdot(step, change))
        shares.append(share)
        result -= share * change
    scale = 1.0
    if pairs:
        step, change = pairs[-1]
        scale = float(np.vdot(step, change) / np.vdot(change, inverse * change))
    result *= scale * inverse
    for (step, change), share in zip(pairs, reversed(shares), strict=True):
        result += step * (share - float(np.vdot(change, result) / np.vdot(step, change)))
    return result
