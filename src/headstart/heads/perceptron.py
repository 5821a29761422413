"""A head of one or two linear layers trained by minibatch gradient descent, in numpy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from headstart.heads.logistic import log_softmax
from headstart.heads.probe import one_hot

BATCH = 32
MOST_BATCHES, LARGEST_BATCH = 16, 256  # Adam: larger batches for larger sets
ADAM_RATE, BETAS, EPSILON = 1e-3, (0.9, 0.999), 1e-8
# Plain descent: each layer's rate is this over the number of its inputs, so that a step moves its output
# alike whatever its width.
SGD_RATE = 8.0
HIDDEN = (64, 512)  # bounds of a two-layer head's width

Parameters = list[np.ndarray]  # weight [in, out], bias [out], and again for a second layer


def hidden_width(n_classes: int) -> int:
    """Width of a two-layer head between its layers: four times the classes, within HIDDEN."""
    return min(HIDDEN[1], max(HIDDEN[0], 4 * n_classes))


def initial(width: int, n_classes: int, layers: int, rng: np.random.Generator) -> Parameters:
    """Random weights (He 2015: variance 2 / inputs before a ReLU, else 1 / inputs), biases 0."""
    sizes = [width, n_classes] if layers == 1 else [width, hidden_width(n_classes), n_classes]
    result: Parameters = []
    gains = [1.0] if layers == 1 else [2.0, 1.0]
    for gain, (inputs, outputs) in zip(gains, pairwise(sizes), strict=True):
        weight = rng.normal(scale=np.sqrt(gain / inputs), size=(inputs, outputs))
        result += [weight.astype(np.float32), np.zeros(outputs, np.float32)]
    return result


def forward(parameters: Parameters, z: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """(logits [N, C], hidden [N, H] or None where there is one layer)."""
    if len(parameters) == 2:
        return z @ parameters[0] + parameters[1], None
    hidden = np.maximum(z @ parameters[0] + parameters[1], 0)
    return hidden @ parameters[2] + parameters[3], hidden


def epochs(
    z: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    n_classes: int,
    *,
    layers: int,
    adam: bool,
    count: int,
    seed: int,
) -> Iterator[Parameters]:
    """Yields the parameters (one list, changed in place) after each of `count` epochs.

    z float32 [N, D] of unit spread; weights float [N]. Random by `seed` alone.
    """
    rng = np.random.default_rng(seed)
    parameters = initial(z.shape[1], n_classes, layers, rng)
    step = _Adam(parameters) if adam else _Descent(parameters)
    targets = one_hot(labels, n_classes).astype(np.float32)
    scale = weights.astype(np.float32)[:, None]
    size = min(LARGEST_BATCH, max(BATCH, len(z) // MOST_BATCHES)) if adam else BATCH
    for _ in range(count):
        order = rng.permutation(len(z))
        for batch in np.array_split(order, max(1, round(len(z) / size))):
            step(parameters, _gradients(parameters, z[batch], targets[batch], scale[batch]))
        yield parameters


def _gradients(parameters: Parameters, z: np.ndarray, targets: np.ndarray, scale: np.ndarray) -> Parameters:
    """Of the mean cross-entropy, in the order of the parameters."""
    logits, hidden = forward(parameters, z)
    pull = (np.exp(log_softmax(logits)) - targets) * scale / len(z)
    if hidden is None:
        return [z.T @ pull, pull.sum(axis=0)]
    inner = (pull @ parameters[2].T) * (hidden > 0)
    return [z.T @ inner, inner.sum(axis=0), hidden.T @ pull, pull.sum(axis=0)]


class _Descent:
    """Plain gradient descent."""

    def __init__(self, parameters: Parameters) -> None:
        self.rates = [SGD_RATE / len(parameters[i - i % 2]) for i in range(len(parameters))]

    def __call__(self, parameters: Parameters, gradients: Parameters) -> None:
        for values, gradient, rate in zip(parameters, gradients, self.rates, strict=True):
            values -= np.float32(rate) * gradient


class _Adam:
    """Adam (Kingma & Ba 2015)."""

    def __init__(self, parameters: Parameters) -> None:
        self.first = [np.zeros_like(values) for values in parameters]
        self.second = [np.zeros_like(values) for values in parameters]
        self.steps = 0

    def __call__(self, parameters: Parameters, gradients: Parameters) -> None:
        self.steps += 1
        fast, slow = BETAS
        rate = np.float32(ADAM_RATE * np.sqrt(1 - slow**self.steps) / (1 - fast**self.steps))
        for values, gradient, first, second in zip(
            parameters, gradients, self.first, self.second, strict=True
        ):
            first += np.float32(1 - fast) * (gradient - first)
            second += np.float32(1 - slow) * (gradient**2 - second)
            values -= rate * first / (np.sqrt(second) + np.float32(EPSILON))
