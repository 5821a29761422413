"""on_plane(): vectors as places on a plane, so that those that are alike lie together."""

from __future__ import annotations

import numpy as np

from headstart import extras

TSNE, COMPONENTS = "t-SNE", "principal components"
_KEPT = 50  # components that t-SNE starts from, as in its paper
_PERPLEXITY, _STEPS = 30.0, 500  # twice as many steps move hardly a picture, and cost twice the time
_SPREAD = 1e-4  # standard deviation of a start, as in scikit-learn


def method() -> str:
    """How on_plane() does it here: t-SNE where scikit-learn is installed, else the first two principal components."""
    return TSNE if extras.installed("sklearn") else COMPONENTS


def on_plane(x: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """float32 [N, 2], in [0, 1]: t-SNE (van der Maaten & Hinton 2008) of x float32 [N, D], by cosine where rows have
    length 1.

    start: float32 [N, 2] that it begins from, such as the same pictures before training. Equal vectors give equal
    places, on one machine: one thread computes. Without scikit-learn: the first two principal components.
    """
    components = _components(x)
    if len(x) < 4 or method() == COMPONENTS:
        return _framed(components[:, :2])
    from sklearn.manifold import TSNE as Found
    from threadpoolctl import threadpool_limits

    first = components[:, :2] if start is None else start - start.mean(axis=0)
    first = first * np.float32(_SPREAD / max(float(first[:, 0].std()), 1e-12))
    made = Found(
        init=first.astype(np.float32),  # pyright: ignore[reportArgumentType]
        perplexity=min(_PERPLEXITY, (len(x) - 1) / 3),
        max_iter=_STEPS,
        random_state=0,
        learning_rate="auto",
    )
    with threadpool_limits(1):  # another number would add in another order; waiting threads only burn time
        return _framed(made.fit_transform(components))


def _components(x: np.ndarray) -> np.ndarray:
    """float32 [N, K]: the first principal components, at least two columns; each sign is such that its largest value is
    positive."""
    centred = (x - x.mean(axis=0)).astype(np.float64)
    tall = len(x) > x.shape[1]
    values, vectors = np.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
    order = np.argsort(-values, kind="stable")[:_KEPT]
    found = centred @ vectors[:, order] if tall else vectors[:, order] * np.sqrt(np.maximum(values[order], 0))
    signs = np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])])
    found = found * np.where(signs == 0, 1, signs)
    return np.pad(found, [(0, 0), (0, max(0, 2 - found.shape[1]))]).astype(np.float32)


def _framed(places: np.ndarray) -> np.ndarray:
    """The same places, as they stand to each other, within the square of side 1."""
    low, high = places.min(axis=0), places.max(axis=0)
    side = float((high - low).max()) or 1.0
    return ((places - (low + high) / 2) / side + 0.5).astype(np.float32)
