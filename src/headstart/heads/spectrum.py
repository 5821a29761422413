"""Standardised features and their principal axes: the one decomposition that every linear probe needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headstart import cache

# A feature that hardly moves on the training pictures (below this share of the typical spread) is not blown
# up to unit spread: on a new picture it could then outweigh all others.
SMALLEST_SPREAD = 1e-4
DEAD = 1e-8  # nor is a whole cut, of the spread of the liveliest beside it: float32 holds no more
# Of cuts side by side each has a share in the whole by its width to this power. At 1 the widest, the top, drowns
# the others; at 0 the early ones say too much where pictures are few (benchmarks/shares.py).
SHARE = 0.5
# Directions whose eigenvalue is below this share of the largest are rounding noise of the Gram matrix.
SMALLEST_EIGENVALUE = 1e-11
# Cells that are worked on at a time where an array may be larger than memory.
_CELLS = 1 << 24


@dataclass(frozen=True)
class Scaling:
    """Centres D features, brings each to unit spread and divides by √D.

    So a picture has mean squared length 1 whatever D is, and one grid of penalties fits every cut. Cuts side by side
    share that length by the roots of their D (SHARE).

    mean   float64 [D]
    scale  float64 [D], > 0
    """

    mean: np.ndarray
    scale: np.ndarray

    @staticmethod
    def of(x: np.ndarray, widths: Sequence[int] = ()) -> Scaling:
        """Measured on x [N, D]; widths: the columns of each cut, where several lie side by side.

        Raises ValueError where these are not D in all.
        """
        if len(widths) and sum(widths) != x.shape[1]:
            raise ValueError(
                f"widths {list(widths)} must come to {x.shape[1]} columns; they come to {sum(widths)}"
            )
        mean = x.mean(axis=0, dtype=np.float64)
        squares = sum(((x[part] - mean) ** 2).sum(axis=0) for part in slices(x))
        cuts = np.split(np.sqrt(squares / len(x)), np.cumsum(widths)[:-1])
        shares = np.array([len(spread) for spread in cuts]) ** SHARE
        least = DEAD * max(_typical(spread) for spread in cuts)
        scales = [_scale(spread, least) / np.sqrt(share) for spread, share in zip(cuts, shares, strict=True)]
        return Scaling(mean, np.concatenate(scales) * np.sqrt(shares.sum()))

    def apply(self, x: np.ndarray, dtype: type = np.float64) -> np.ndarray:
        """[N, D] in `dtype`."""
        out = cache.scratch(x.shape, dtype)
        for part in slices(x):
            np.subtract(x[part], self.mean.astype(dtype), out=out[part], dtype=dtype, casting="unsafe")
            out[part] /= self.scale.astype(dtype)
        return out


def _typical(spread: np.ndarray) -> float:
    return float(np.sqrt((spread**2).mean()))


def _scale(spread: np.ndarray, least: float) -> np.ndarray:
    """float64 [D]: what one cut's features, of these spreads, are divided by, as if none were below `least`."""
    floor = max(SMALLEST_SPREAD * _typical(spread), least)
    return np.maximum(spread, floor if floor > 0 else 1.0) * np.sqrt(len(spread))


@dataclass(frozen=True)
class Spectrum:
    """Thin singular value decomposition z = rotated · axesᵀ of centred features z [N, D].

    values   float64 [r], eigenvalues of zᵀz (and of z zᵀ), descending, all > 0; r ≤ min(N − 1, D)
    rotated  float [N, r], z in the basis of its axes: lengths and angles are those of z
    find     gives the axes; where z is wide that takes long, and probes do not ask
    """

    values: np.ndarray
    rotated: np.ndarray
    find: Callable[[], np.ndarray]

    @staticmethod
    def standardised(x: np.ndarray, widths: Sequence[int] = ()) -> Spectrum:
        """Of features x [N, D], standardised by themselves; `widths` as in Scaling.of."""
        return Spectrum.of(Scaling.of(x, widths).apply(x))

    @staticmethod
    def of(z: np.ndarray) -> Spectrum:
        """From the eigenvectors of z zᵀ [N, N] or zᵀz [D, D], whichever is smaller."""
        tall = z.shape[0] > z.shape[1]
        gram = z @ z.T if not tall else sum(z[part].T @ z[part] for part in slices(z))
        values, vectors = np.linalg.eigh(np.asarray(gram, np.float64))
        keep = np.flatnonzero(values > SMALLEST_EIGENVALUE * max(values[-1], 0.0))[::-1]
        values, vectors = values[keep], vectors[:, keep].astype(z.dtype)
        roots = np.sqrt(values).astype(z.dtype)
        if not tall:
            return Spectrum(values, vectors * roots, lambda: z.T @ vectors / roots)
        rotated = cache.scratch((len(z), len(values)), z.dtype.type)
        for part in slices(z):
            rotated[part] = z[part] @ vectors
        return Spectrum(values, rotated, lambda: vectors)

    @cached_property
    def axes(self) -> np.ndarray:
        """float [D, r], the principal axes, orthonormal."""
        return self.find()

    @property
    def left(self) -> np.ndarray:
        """float [N, r], orthonormal columns."""
        return self.rotated / np.sqrt(self.values).astype(self.rotated.dtype)


def slices(x: np.ndarray, width: int = 0) -> Iterator[slice]:
    """Rows of x [N, D] a part at a time, so that a part of `width` (D) columns is worked on in memory."""
    step = max(1, _CELLS // max(1, width or x.shape[1]))
    for start in range(0, len(x), step):
        yield slice(start, start + step)
