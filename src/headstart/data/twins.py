"""Near twins: files that show one picture, scaled, compressed, brightened or trimmed otherwise.

A picture's *signature* is its fine structure: grey means on a grid of 32×32, less the means around them. What all
pictures of a kind share, such as a bright middle on a dark ground, is coarse and falls away. Two pictures whose
signatures correlate by NEAR are near twins: JPEG at quality 30, half the size, 100 pixels wide, brighter by a fifth or
2 pixels trimmed leave photographs .94 and more; trimmed by a fiftieth they are not known again.

Candidates come from locality-sensitive hashing by random hyperplanes (Charikar 2002), so that hardly any of the N²
pairs is looked at. Of twins that correlate by .9 it finds 98 in 100, and nearer ones all but always.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

SIDE = 32
SIZE = SIDE * SIDE
NEAR = 0.85
# Sets of alike pictures, such as a still camera's, must not melt into one group that no split can divide.
LARGEST = 64
# Where a picture is smaller, or its fine structure fainter (in grey levels), it is too simple to be known again.
_LEAST_SIDE, _FAINT = 32, 1.0
_BITS, _TABLES = 18, 64
# Neighbours of equal hash that a picture is held against, beside the first: heaps cost no more than their number.
_WINDOW = 8
_ROWS = 1 << 12
_MANY = 1 << 24  # candidates after which doubles are taken out
NOTHING = bytes(SIZE)


def signature(picture: np.ndarray | Image.Image) -> bytes:
    """int8 [32 · 32] as bytes, of decoded pixels uint8 [H, W, 3] or an image in mode "RGB" or "L".

    NOTHING where there is too little to tell.
    """
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    if min(image.size) < _LEAST_SIDE:
        return NOTHING
    image = image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    grey = np.asarray(image.convert("F"))
    around = np.pad(grey, 1, mode="edge")
    mean = sum(around[y : y + SIDE, x : x + SIDE] for y in range(3) for x in range(3)) / 9
    fine = grey - mean
    fine -= fine.mean()
    if fine.std() < _FAINT:
        return NOTHING
    return np.rint(fine * (127 / np.abs(fine).max())).astype(np.int8).tobytes()


def pairs(signatures: np.ndarray) -> np.ndarray:
    """int64 [P, 2]: near twins among N pictures, the nearest first; signatures: int8 [N, 1024]."""
    live = np.flatnonzero(signatures.any(axis=1))
    x = signatures[live]
    candidates = _candidates(x)
    correlation = np.concatenate(
        [_correlation(x, candidates[part]) for part in _slices(len(candidates))] or [np.empty(0)]
    )
    near = np.flatnonzero(correlation >= NEAR)
    return live[candidates[near[np.argsort(-correlation[near], kind="stable")]]]


def groups(near: np.ndarray, count: int) -> np.ndarray:
    """int64 [count]: pictures with equal numbers are near twins, or twins' twins; `near` as pairs() gives it.

    The nearest come together first, and no group grows beyond LARGEST.
    """
    first, size = list(range(count)), [1] * count
    for a, b in near.tolist():
        a, b = root(first, a), root(first, b)
        if a != b and size[a] + size[b] <= LARGEST:
            a, b = min(a, b), max(a, b)
            first[b], size[a] = a, size[a] + size[b]
    for place in range(count):  # a picture's first stands before it, and is settled already
        first[place] = first[first[place]]
    return np.array(first, np.int64)


def root(parent: list[int], index: int) -> int:
    """Where the chain of parents ends; it is halved on the way."""
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def _correlation(x: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    first, second = (x[candidates[:, side]].astype(np.float32) for side in (0, 1))
    product, own, other = (
        np.einsum("nd,nd->n", *two) for two in ((first, second), (first,) * 2, (second,) * 2)
    )
    return product / np.sqrt(own * other)


def _candidates(x: np.ndarray) -> np.ndarray:
    """int64 [P, 2]: pairs of rows, the earlier first, that share the signs of _BITS random projections."""
    rows, found = np.arange(len(x)), [np.empty(0, np.int64)]
    for keys in _keys(x):
        # Key and row in one number: numpy sorts these many times as fast as it finds an order.
        ordered = np.sort(keys << 32 | rows)
        keys, order = ordered >> 32, ordered & 0xFFFFFFFF
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        head = np.repeat(starts, np.diff(starts, append=len(keys)))
        near = [order[head] << 32 | order]
        near += [order[:-step] << 32 | order[step:] for step in range(1, min(_WINDOW, len(x) - 1) + 1)]
        same = [head != rows] + [keys[:-step] == keys[step:] for step in range(1, len(near))]
        found += [n[s] for n, s in zip(near, same, strict=True)]
        if sum(map(len, found)) > _MANY:
            found = [_distinct(np.concatenate(found))]
    once = _distinct(np.concatenate(found))
    return np.stack([once >> 32, once & 0xFFFFFFFF], axis=1)


def _distinct(numbers: np.ndarray) -> np.ndarray:
    """int64 [M] ≥ 0, sorted, each once; sorting takes a tenth of what np.unique's table does."""
    numbers.sort()
    return numbers[np.diff(numbers, prepend=-1) > 0]


def _keys(x: np.ndarray) -> Iterator[np.ndarray]:
    """int64 [N] for each table."""
    planes = np.random.default_rng(0).standard_normal((x.shape[1], _TABLES * _BITS), np.float32)
    powers = (1 << np.arange(_BITS)).astype(np.float32)
    tables = np.empty((_TABLES, len(x)), np.int32)
    for part in _slices(len(x)):
        signs = (x[part].astype(np.float32) @ planes > 0).astype(np.float32)
        tables[:, part] = (signs.reshape(-1, _TABLES, _BITS) @ powers).T
    return (keys.astype(np.int64) for keys in tables)


def _slices(count: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS) for start in range(0, count, _ROWS))
