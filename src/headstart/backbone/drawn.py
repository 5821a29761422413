"""Random tensors for the networks in the box, from numpy: the same with torch and without.

Weights are drawn as the torch modules draw theirs (He et al. 2015; timm's for EfficientNet), and every scale is one, so
that residual branches that start at zero in training are switched on. Statistics of batch normalisation are estimated
in headstart.runtime.built.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from headstart.backbone import boxed

_Shape = tuple[int, ...]


def tensors(name: str, draw: int) -> dict[str, np.ndarray]:
    """The `draw`-th random tensors of the network in the box called `name`: names, shapes and types as boxed.tensors()
    has them."""
    rng, deviation = np.random.default_rng(draw + 1), _DEVIATIONS[name]
    return {key: _drawn(key, like, rng, deviation) for key, like in sorted(boxed.tensors(name).items())}


def _drawn(
    name: str, like: np.ndarray, rng: np.random.Generator, deviation: Callable[[_Shape], float]
) -> np.ndarray:
    if like.ndim > 1:
        return rng.standard_normal(like.shape, np.float32) * np.float32(deviation(like.shape))
    ones = name.endswith(("weight", "running_var"))
    return np.ones_like(like) if ones else np.zeros_like(like)


def _fan_out(shape: _Shape) -> float:
    """He et al. 2015 by a convolution's outputs, and by a linear layer's inputs."""
    return math.sqrt(2 / (shape[0] * math.prod(shape[2:]) if len(shape) == 4 else shape[1]))


def _fan_in(shape: _Shape) -> float:
    return math.sqrt(2 / math.prod(shape[1:]))


def _efficient(shape: _Shape) -> float:
    """timm's, after TensorFlow's: by a convolution's outputs, of which a depthwise one has one a channel."""
    if len(shape) == 2:
        return 1 / math.sqrt(3 * shape[0])  # that of a uniform draw within ± 1 / √outputs
    return math.sqrt(2 / ((1 if shape[1] == 1 else shape[0]) * math.prod(shape[2:])))


_DEVIATIONS = {"small": _fan_out, "demo-cnn": _fan_in, "lite0": _efficient}
