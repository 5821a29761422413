"""Tails: what a converted network does between its last map and a vector that is cut above it.

Where that is pooling or flattening, linear layers and ReLUs, every number of the vector is a sum over the places of the
map, plus a constant: which ReLUs let through is settled by the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.runtime.openvino import OpenVINORuntime, library


@dataclass(frozen=True)
class Layer:
    """x → clip(x · scale, or x @ weight.T, + bias): weight float32 [out, in] or scale [in], bias [out]; low and high
    are the bounds, infinite where there are none."""

    weight: np.ndarray
    bias: np.ndarray
    low: float = -np.inf
    high: float = np.inf

    def before(self, x: np.ndarray) -> np.ndarray:
        """[B, in] → [B, out], not clipped."""
        return (x * self.weight if self.weight.ndim == 1 else x @ self.weight.T) + self.bias

    def back(self, g: np.ndarray) -> np.ndarray:
        """A gradient at what before() gives, [B, out] → [B, in]."""
        return g * self.weight if self.weight.ndim == 1 else g @ self.weight


@dataclass(frozen=True)
class Tail:
    """layers: those above the map, the lowest first; mean: they read its mean over places, else all of it, flat."""

    layers: tuple[Layer, ...]
    mean: bool

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The vector [B, D] of a map [B, C, H, W]."""
        found = self._read(x)
        for layer in self.layers:
            found = layer.before(found).clip(layer.low, layer.high)
        return found

    def back(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """The gradient at the map, [B, C, H, W], for one at the vector, float32 [B, D]."""
        found, open_ = self._read(x), list[np.ndarray]()
        for layer in self.layers:
            before = layer.before(found)
            open_.append((before > layer.low) & (before < layer.high))
            found = before.clip(layer.low, layer.high)
        for layer, through in zip(reversed(self.layers), reversed(open_), strict=True):
            g = layer.back(g * through)
        if not self.mean:
            return g.reshape(x.shape)
        places = x.shape[2] * x.shape[3]
        return np.broadcast_to((g / places)[:, :, None, None], x.shape)

    def _read(self, x: np.ndarray) -> np.ndarray:
        return x.mean((2, 3)) if self.mean else x.reshape(len(x), -1)


def rooted(
    runtime: OpenVINORuntime, spatial: Sequence[bool]
) -> tuple[OpenVINORuntime, tuple[Tail | None, ...]]:
    """A runtime of maps that puts out the last map below each vector in the vector's place, and their tails.

    spatial: which of its outputs are maps already. A tail is None where the output stays as it is: a map, or a vector
    that is more than pooling, linear layers and ReLUs away from one.
    """
    ov = library()
    from openvino import opset13

    model = runtime.model.clone()
    cuts = [output.get_node().input_value(0) for output in model.outputs]
    found = [(cut, None) if wide else _traced(cut) for cut, wide in zip(cuts, spatial, strict=True)]
    results = [opset13.result(root) for root, _ in found]
    seen = ov.Model(results, model.get_parameters(), "headstart")
    made = OpenVINORuntime(seen, runtime.preprocess, runtime.precision, runtime.threads)
    return made, tuple(tail for _, tail in found)


def _traced(vector: Any) -> tuple[Any, Tail | None]:
    """(the map, the tail), or (the vector, None)."""
    layers: list[Layer] = []
    at, bounds = vector, (-np.inf, np.inf)
    while True:
        node = at.get_node()
        kind = node.get_type_name()
        if kind in ("Relu", "Clamp") and not _bounded(bounds):
            bounds = (0.0, np.inf) if kind == "Relu" else _limits(node)
        elif kind in ("Reshape", "Squeeze", "Unsqueeze"):
            sides = _sides(node.input_value(0))
            if len(sides) == 2 and set(sides) != {1}:
                if sides[0] != sides[1]:  # pictures are square, and so are maps of them: this is none
                    return vector, None
                return _ended(node.input_value(0), layers, bounds, mean=False)
        elif kind == "ReduceMean" and _over_places(node):
            return _ended(node.input_value(0), layers, bounds, mean=True)
        else:
            layer = _layer(node, bounds)
            if layer is None:
                return vector, None
            layers.append(layer)
            bounds = (-np.inf, np.inf)
        at = node.input_value(0)


def _ended(root: Any, layers: list[Layer], bounds: tuple[float, float], *, mean: bool) -> tuple[Any, Tail]:
    if _bounded(bounds):
        layers = [*layers, Layer(np.ones(1, np.float32), np.zeros(1, np.float32), *bounds)]
    return root, Tail(tuple(reversed(layers)), mean)


def _over_places(mean: Any) -> bool:
    """Whether the mean is over the last two of four axes."""
    rank, axes = len(mean.input_value(0).partial_shape), mean.input_value(1).get_node()
    return (
        rank == 4
        and axes.get_type_name() == "Constant"
        and {int(axis) % rank for axis in np.ravel(axes.get_data())} == {2, 3}
    )


def _bounded(bounds: tuple[float, float]) -> bool:
    return bounds != (-np.inf, np.inf)


def _limits(clamp: Any) -> tuple[float, float]:
    facts = clamp.get_attributes()
    return float(facts["min"]), float(facts["max"])


def _sides(value: Any) -> list[int]:
    """Lengths behind batch and channels; -1 where one is free."""
    shape = list(value.partial_shape)[2:]
    return [-1 if length.is_dynamic else length.get_length() for length in shape]


def _layer(node: Any, bounds: tuple[float, float]) -> Layer | None:
    """What the node does to a vector, as a layer; None where that is no linear thing that is known."""
    kind = node.get_type_name()
    if kind == "BatchNormInference":
        scale, shift, mean, variance = (_constant(node, place) for place in range(1, 5))
        if scale is None or shift is None or mean is None or variance is None:
            return None
        weight = scale / np.sqrt(variance + np.float32(node.get_attributes()["epsilon"]))
        return Layer(weight, shift - mean * weight, *bounds)
    known = _constant(node, 1) if kind in ("MatMul", "Add", "Subtract", "Multiply", "Divide") else None
    if known is None:
        return None
    if kind == "MatMul":
        facts = node.get_attributes()
        weight = known if facts["transpose_b"] else known.T
        return Layer(np.ascontiguousarray(weight), np.zeros(len(weight), np.float32), *bounds)
    flat = known.reshape(-1)
    if kind in ("Add", "Subtract"):
        return Layer(np.ones(1, np.float32), flat if kind == "Add" else -flat, *bounds)
    return Layer(flat if kind == "Multiply" else 1 / flat, np.zeros(1, np.float32), *bounds)


def _constant(node: Any, place: int) -> np.ndarray | None:
    """The numbers at an input of the node, float32; None where these are computed."""
    source = node.input_value(place).get_node()
    while source.get_type_name() == "Convert":
        source = source.input_value(0).get_node()
    if source.get_type_name() != "Constant":
        return None
    return np.asarray(source.get_data(), np.float32)
