"""The probe: ridge regression on one-hot targets, cross-validated exactly from one decomposition.

With z [n, D] standardised features, Y [n, C] one-hot labels and an unpenalised intercept, ridge with penalty
λ is the linear smoother Ŷ = H Y. From z = U √S Wᵀ (thin SVD; z is centred, so 1 is orthogonal to U)

    H = 11ᵀ/n + U diag(s / (s + λ)) Uᵀ = T Tᵀ,    T = [1/√n, U √(s / (s + λ))]    [n, r + 1]

Let B be the pictures of one fold and Y° the held-out prediction: what the fit to the others says of B.
The fit to the others is also the fit to all n with Y_B replaced by Y°_B, since these add no residual. So
Y°_B = Ŷ_B + H_BB (Y°_B − Y_B), and the held-out residual is (generalised PRESS, Allen 1974; Golub 1979)

    Y_B − Y°_B = (I − H_BB)⁻¹ (Y_B − Ŷ_B)                                         [b, b]⁻¹ [b, C]

exactly, not approximately. H_BB = T_B T_Bᵀ; where b > r + 1 the same inverse is had from the smaller matrix
(Woodbury): (I − T Tᵀ)⁻¹ = I + T (I − TᵀT)⁻¹ Tᵀ. One decomposition serves all folds and all penalties. The
standardisation is that of all n pictures; it uses no labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from headstart.errors import DataError
from headstart.heads.spectrum import Scaling, Spectrum

# Penalties for features of mean squared length 1 (see Scaling). On photos, scans and signs through
# MobileNetV2 the best lay between 0.03 and 10, and with 2 pictures of each class never far from 1.
GRID = tuple(10.0**power for power in (-3, -2, -1, -0.5, 0, 0.5, 1, 2))
# With fewer pictures of a class than this, cross-validation has too few to choose by, and has been seen
# to choose a penalty that breaks the probe; a fixed one is taken then.
FEW_PER_CLASS = 5
FEW_L2 = 1.0


@dataclass(frozen=True)
class Probe:
    """A cross-validated probe on M pictures.

    l2       the penalty that was chosen (features of mean squared length 1)
    scores   float64 [M, C], each picture's by the fit that did not see its fold
    correct  bool [M]; or float64 [M], the share of several divisions into folds in which a picture was named rightly
    """

    l2: float
    scores: np.ndarray
    correct: np.ndarray

    @property
    def accuracy(self) -> float:
        return float(self.correct.mean())


@dataclass(frozen=True)
class Ridge:
    """A fitted probe: scores = standardised x · weight + bias. weight float64 [D, C], bias float64 [C]."""

    scaling: Scaling
    weight: np.ndarray
    bias: np.ndarray

    def scores(self, x: np.ndarray) -> np.ndarray:
        """float64 [N, C] for x [N, D]."""
        return self.scaling.apply(x) @ self.weight + self.bias

    def predict(self, x: np.ndarray) -> np.ndarray:
        """int64 [N]"""
        return self.scores(x).argmax(axis=1)


def one_hot(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """float64 [N, C]"""
    return np.eye(n_classes)[labels]


def penalties(labels: np.ndarray, groups: np.ndarray) -> tuple[float, ...]:
    """What to choose from: the grid, or the one fixed penalty where the typical class has few groups."""
    return (FEW_L2,) if typical_count(labels, groups) < FEW_PER_CLASS else GRID


def typical_count(labels: np.ndarray, groups: np.ndarray) -> float:
    """Median over the classes that occur of how many groups a class has."""
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    counts = np.bincount(pairs[0])
    return float(np.median(counts[counts > 0]))


def cross_validate(
    x: np.ndarray | Spectrum,
    labels: np.ndarray,
    n_classes: int,
    fold: np.ndarray,
    grid: Sequence[float] = GRID,
) -> Probe:
    """Exact k-fold cross-validation of the ridge probe; the penalty with the smallest held-out error is kept.

    x [M, D], or its spectrum once standardised; labels int64 [M]; fold int64 [M], the fold number of each picture
    (classes may be missing from a fold). The penalty is chosen by squared error, not by the accuracy that is reported:
    downhill from the middle of the grid, since the error falls towards one penalty and rises beyond it.
    Raises DataError where all pictures are in one fold.
    """
    if len(np.unique(fold)) < 2:
        raise DataError(f"{len(labels)} pictures in one group: nothing can be held out; more are needed")
    spectrum = x if isinstance(x, Spectrum) else Spectrum.standardised(x)
    targets = one_hot(labels, n_classes)
    held_out = _HeldOut(spectrum, targets, fold)
    place = downhill(lambda step: float(((targets - held_out.scores(grid[step])) ** 2).sum()), len(grid))
    scores = held_out.scores(grid[place])
    return Probe(grid[place], scores, scores.argmax(axis=1) == labels)


def downhill(error: Callable[[int], float], count: int) -> int:
    """The place in 0 … count − 1 where `error` is least, asked from the middle on towards where it falls."""
    known: dict[int, float] = {}

    def at(place: int) -> float:
        if place not in known:
            known[place] = error(place) if 0 <= place < count else math.inf
        return known[place]

    here = count // 2
    while (best := min((here, here - 1, here + 1), key=at)) != here:
        here = best
    return here


class _HeldOut:
    """Held-out scores by penalty: what all penalties share is computed once."""

    def __init__(self, spectrum: Spectrum, targets: np.ndarray, fold: np.ndarray) -> None:
        n = len(targets)
        left = np.column_stack([np.full(n, n**-0.5), spectrum.left])  # [M, r + 1], first column the intercept
        self.values, self.targets, self.projected = spectrum.values, targets, left.T @ targets  # [r + 1, C]
        self.known: dict[float, np.ndarray] = {}
        self.blocks = []
        for number in np.unique(fold):
            block = np.flatnonzero(fold == number)
            rows = left[block]
            self.blocks.append((block, rows, rows.T @ rows if len(block) > left.shape[1] else None))

    def scores(self, l2: float) -> np.ndarray:
        """float64 [M, C], each picture's by the fit that did not see its fold."""
        if l2 not in self.known:
            share = np.append(1.0, self.values / (self.values + l2))
            self.known[l2] = scores = np.empty_like(self.targets)
            for block, rows, inner in self.blocks:
                residual = self.targets[block] - rows @ (share[:, None] * self.projected)
                scores[block] = self.targets[block] - _leave_out(rows, share, inner, residual)
        return self.known[l2]


def _leave_out(
    rows: np.ndarray, share: np.ndarray, inner: np.ndarray | None, residual: np.ndarray
) -> np.ndarray:
    """(I − T Tᵀ)⁻¹ residual [b, C] with T = rows · √share [b, r + 1]; inner is rowsᵀ rows where b > r + 1."""
    root = np.sqrt(share)
    scaled = rows * root
    if inner is None:
        return np.linalg.solve(np.eye(len(rows)) - scaled @ scaled.T, residual)
    small = np.eye(len(root)) - root[:, None] * inner * root
    return residual + scaled @ np.linalg.solve(small, scaled.T @ residual)


def fit(
    x: np.ndarray, labels: np.ndarray, n_classes: int, l2: float, *, scaling: Scaling | None = None
) -> Ridge:
    """Ridge on all of x [N, D] with penalty `l2`; standardised by `scaling`, or by x itself.

    Solves the normal equations on whichever side is smaller: (zᵀz + λI) [D, D] or (z zᵀ + λI) [N, N].
    """
    scaling = scaling or Scaling.of(x)
    z = scaling.apply(x)
    targets = one_hot(labels, n_classes)
    centre, mean = z.mean(axis=0), targets.mean(axis=0)
    z, targets = z - centre, targets - mean
    if z.shape[0] > z.shape[1]:
        weight = np.linalg.solve(z.T @ z + l2 * np.eye(z.shape[1]), z.T @ targets)
    else:
        weight = z.T @ np.linalg.solve(z @ z.T + l2 * np.eye(len(z)), targets)
    return Ridge(scaling, weight, mean - centre @ weight)
