"""Multinomial logistic regression with an L2 penalty, solved to a certified optimum.

On features z [N, D] (centred, mean squared length 1, see Scaling), labels y and picture weights a [N]:

    f(W, b) = Σᵢ aᵢ · (− log softmax(zᵢ W + b)[yᵢ])  +  (λ / 2) ‖W‖²          (intercept b not penalised)

λ is 1 / C of scikit-learn's LogisticRegression on the same z. Two things make it fast and exact:

- z is rotated onto its principal axes, R = z · axes [N, r], r ≤ min(N − 1, D). The penalty does not see a
  rotation and the optimum has no part outside the axes, so nothing is lost; where D > N most work is saved.
- In that basis the Hessian is bounded by diag(max a · s / 2 + λ) for each class (Böhning 1992), s the
  eigenvalues: a diagonal that L-BFGS starts from. f is λ-strongly convex in W, so f − f* ≤ ‖∇_W f‖² / 2λ
  (with b at its own optimum): that is what the iteration stops on, not a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from headstart.heads.lbfgs import minimise
from headstart.heads.spectrum import Scaling, Spectrum, slices

STEPS = 500
FLOAT64_CELLS = 4_000_000  # above this many numbers float32 holds the features
_LARGE = 60.0  # exp() of more than this comes near what float32 holds


@dataclass(frozen=True)
class Problem:
    """A classification on rotated features, prepared once for every penalty and every fold.

    design   float [N, r]: rotated features
    values   float64 [r], eigenvalues belonging to the columns
    labels   int64 [N], in 0 … n_classes − 1
    scaling, axes   how to carry weights back to plain features
    """

    design: np.ndarray
    values: np.ndarray
    labels: np.ndarray
    n_classes: int
    scaling: Scaling
    axes: np.ndarray

    @staticmethod
    def of(x: np.ndarray, labels: np.ndarray, n_classes: int, widths: Sequence[int] = ()) -> Problem:
        """From x [N, D] and labels int64 [N]; `widths` as in Scaling.of."""
        dtype = np.float64 if x.size <= FLOAT64_CELLS else np.float32
        scaling = Scaling.of(x, widths)
        z = scaling.apply(x, dtype)
        spectrum = Spectrum.of(z)
        return Problem(spectrum.rotated, spectrum.values, labels, n_classes, scaling, spectrum.axes)

    def rough(self) -> Problem:
        """The same in float32, for what is not solved to the last digit."""
        return replace(self, design=self.design.astype(np.float32, copy=False))

    def of_rows(self, rows: np.ndarray) -> Problem:
        """The same with those pictures alone, bool [N]; all of them are not copied."""
        if rows.all():
            return self
        design, labels = self.design[rows], self.labels[rows]
        return replace(self, design=design, labels=labels, values=self.values * len(labels) / len(rows))

    def start(self, k: int = 1, dtype: type = np.float64) -> np.ndarray:
        """[r + 1, k, C]: zeros; the last row is the intercept."""
        return np.zeros((self.design.shape[1] + 1, k, self.n_classes), dtype)

    def logits(self, theta: np.ndarray, part: slice = slice(None)) -> np.ndarray:
        """[N, k, C] at theta [r + 1, k, C], of the pictures in `part`."""
        flat = theta.reshape(len(theta), -1).astype(self.design.dtype, copy=False)
        found = self.design[part] @ flat[:-1]
        found += flat[-1]
        return found.reshape(-1, *theta.shape[1:])

    def objective(self, theta: np.ndarray, l2: float, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """(f, its gradient [r + 1, k, C]), summed over the k fits; weights [N, k] are 0 where held out."""
        loss, gradient = l2 / 2 * float((theta[:-1] ** 2).sum()), np.zeros_like(theta)
        gradient[:-1] = l2 * theta[:-1]
        for part in slices(self.design, max(self.design.shape[1], theta[0].size)):
            loss += self._add(theta, weights[part], part, gradient)
        return loss, gradient

    def _add(self, theta: np.ndarray, weights: np.ndarray, part: slice, gradient: np.ndarray) -> float:
        """The log-loss of the pictures in `part`; its gradient is added to `gradient`."""
        # One array [n, k, C] is overwritten step by step, as logits, shares and pulls: it is the largest there is.
        shares, labels = self.logits(theta, part), self.labels[part]
        if max(shares.max(), -shares.min()) > _LARGE:
            shares -= shares.max(axis=-1, keepdims=True)
        rows = np.arange(len(shares))
        own = shares[rows, :, labels].astype(np.float64)
        np.exp(shares, out=shares)
        # A product with ones sums many times faster than sum() over few.
        ones = np.ones(self.n_classes, shares.dtype)
        total = (shares.reshape(-1, self.n_classes) @ ones).reshape(shares.shape[:-1]).astype(np.float64)
        shares *= (weights / total)[:, :, None].astype(shares.dtype)
        shares[rows, :, labels] -= weights.astype(shares.dtype)
        flat = shares.reshape(len(shares), -1)
        gradient[:-1] += (self.design[part].T @ flat).reshape(gradient[:-1].shape)
        gradient[-1] += flat.sum(axis=0, dtype=np.float64).reshape(gradient[-1].shape)
        return float((weights * (np.log(total) - own)).sum())

    def solve(
        self, l2: float, *, start: np.ndarray, weights: np.ndarray, tolerance: float
    ) -> tuple[np.ndarray, bool]:
        """(the optimum [r + 1, k, C] from `start`, whether it is certified): k fits side by side, told apart by
        weights [N, k].

        The k fits (folds) share each pass over the features, which is what costs.
        """
        total = float(weights.sum(axis=0).min())
        bound = np.append(weights.max() / 2 * self.values + l2, weights.sum(axis=0).max() / 2)

        def certified(value: float, gradient: np.ndarray) -> bool:
            gap = (gradient[:-1] ** 2).sum() / (2 * l2) + (gradient[-1] ** 2).sum() / total
            return bool(gap <= tolerance * value)

        return minimise(
            lambda theta: self.objective(theta, l2, weights),
            start,
            (1 / bound)[:, None, None],
            done=certified,
            steps=STEPS,
        )

    def plain(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(weight float32 [C, D], bias float32 [C]) on plain features, from theta [r + 1, 1, C]."""
        weight = (self.axes.astype(np.float64) @ theta[:-1, 0]) / self.scaling.scale[:, None]
        bias = theta[-1, 0] - self.scaling.mean @ weight
        return weight.T.astype(np.float32), bias.astype(np.float32)

    def rotated(self, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """[r + 1, 1, C]: plain() undone, of weight [C, D] and bias [C]; what no picture shows is lost."""
        theta = self.axes.T.astype(np.float64) @ (weight.T * self.scaling.scale[:, None])
        return np.vstack([theta, bias + weight @ self.scaling.mean])[:, None]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
