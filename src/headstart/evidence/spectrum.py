"""Standardised features and their principal axes: the one decomposition that every linear probe needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A feature that hardly moves on the training pictures (below this share of the typical spread) is not blown
# up to unit spread: on a new picture it could then outweigh all others.
SMALLEST_SPREAD = 1e-4
# Directions whose eigenvalue is below this share of the largest are rounding noise of the Gram matrix.
SMALLEST_EIGENVALUE = 1e-11


@dataclass(frozen=True)
class Scaling:
    """Centres D features, brings each to unit spread and divides by √D.

    So a picture has mean squared length 1 whatever D is, and one grid of penalties fits every cut.

    mean   float64 [D]
    scale  float64 [D], > 0
    """

    mean: np.ndarray
    scale: np.ndarray

    @staticmethod
    def of(x: np.ndarray) -> Scaling:
        """Measured on x [N, D]."""
        mean = x.mean(axis=0, dtype=np.float64)
        spread = x.std(axis=0, dtype=np.float64)
        typical = float(np.sqrt((spread**2).mean()))
        floor = SMALLEST_SPREAD * typical if typical > 0 else 1.0
        return Scaling(mean, np.maximum(spread, floor) * np.sqrt(x.shape[1]))

    def apply(self, x: np.ndarray, dtype: type = np.float64) -> np.ndarray:
        """[N, D] in `dtype`."""
        return (x.astype(dtype) - self.mean.astype(dtype)) / self.scale.astype(dtype)


@dataclass(frozen=True)
class Spectrum:
    """Thin singular value decomposition z = left · diag(√values) · axesᵀ of centred features z [N, D].

    left    float [N, r], orthonormal columns, r ≤ min(N − 1, D)
    values  float [r], eigenvalues of zᵀz (and of z zᵀ), descending, all > 0
    """

    left: np.ndarray
    values: np.ndarray

    @staticmethod
    def of(z: np.ndarray) -> Spectrum:
        """From the eigenvectors of z zᵀ [N, N] or zᵀz [D, D], whichever is smaller."""
        tall = z.shape[0] > z.shape[1]
        gram = z.T @ z if tall else z @ z.T
        values, vectors = np.linalg.eigh(gram.astype(np.float64))
        keep = np.flatnonzero(values > SMALLEST_EIGENVALUE * max(values[-1], 0.0))[::-1]
        values, vectors = values[keep], vectors[:, keep].astype(z.dtype)
        return Spectrum(z @ vectors / np.sqrt(values).astype(z.dtype) if tall else vectors, values)

    def axes(self, z: np.ndarray) -> np.ndarray:
        """The principal axes, float [D, r], from the z that was decomposed."""
        return z.T @ self.left / np.sqrt(self.values).astype(z.dtype)

    def rotated(self) -> np.ndarray:
        """z in the basis of its axes, float [N, r]. Lengths and angles are those of z."""
        return self.left * np.sqrt(self.values).astype(self.left.dtype)
