"""Pictures that lie far from all others."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from headstart.screening import odd


def test_it_says_of_how_many_neighbours_it_speaks() -> None:
    rng = np.random.default_rng(0)
    x, labels, groups = rng.normal(size=(12, 4)).astype(np.float32), np.arange(12) % 2, np.arange(12) // 3
    distance, k = odd.distances(x, labels, groups, [4])
    dataset = SimpleNamespace(paths=["a"] * 12, digests=["0"] * 12, classes=["one", "two"], labels=labels)
    assert "its 3 nearest neighbours" in odd.odd_ones(dataset, distance, k)[1]  # pyright: ignore[reportArgumentType]
