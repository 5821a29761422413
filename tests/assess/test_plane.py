"""Vectors on a plane."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.assess import plane


def clouds(n: int = 60, width: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """(x, labels): three clouds far apart."""
    draw = np.random.default_rng(0)
    labels = np.arange(n) % 3
    return (draw.normal(size=(n, width)) + 8 * draw.normal(size=(3, width))[labels]).astype(
        np.float32
    ), labels


@pytest.mark.parametrize("method", [plane.TSNE, plane.COMPONENTS])
def test_what_is_alike_lies_together(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(plane, "method", lambda: method)
    x, labels = clouds()
    places = plane.on_plane(x)
    assert places.shape == (60, 2)
    assert places.dtype == np.float32
    assert places.min() >= 0
    assert places.max() <= 1
    far = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(far, np.inf)
    assert (labels[far.argmin(axis=1)] == labels).all()


def test_equal_vectors_give_equal_places() -> None:
    x, _ = clouds()
    assert (plane.on_plane(x) == plane.on_plane(x.copy())).all()


def test_it_begins_where_it_is_told_to() -> None:
    x, _ = clouds()
    first = plane.on_plane(x)
    turned = plane.on_plane(x, first[:, ::-1])
    again = plane.on_plane(x, first)
    assert np.linalg.norm(again - first) < np.linalg.norm(turned - first)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("width", [1, 2, 40])
def test_few_vectors_and_equal_ones_have_places(n: int, width: int) -> None:
    for x in (np.ones((n, width), np.float32), np.eye(n, width, dtype=np.float32)):
        places = plane.on_plane(x)
        assert places.shape == (n, 2)
        assert np.isfinite(places).all()
