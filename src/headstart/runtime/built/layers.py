"""Layers as OpenVINO operations, filled with tensors under torch's names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from headstart.runtime.openvino import library

# An output of an OpenVINO operation: float32 [B, C, H, W], or [B, C].
Tensor: TypeAlias = Any
LOGITS = "logits"


class Seen(NamedTuple):
    """What a normalisation saw: mean and variance of the batch, outputs [C] each, over so many places a picture."""

    mean: Tensor
    variance: Tensor
    places: int


class Layers:
    """Layers that take their weights by name from `tensors`.

    statistics: None normalises by the stored statistics; a dict normalises by the batch's own, and is filled: layer →
    what it saw.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], statistics: dict[str, Seen] | None = None) -> None:
        library()
        from openvino import opset13

        self.ops, self.tensors, self.statistics = opset13, tensors, statistics

    def convolution(
        self, x: Tensor, name: str, stride: int = 1, *, same: bool = False, depthwise: bool = False
    ) -> Tensor:
        """Without bias; padded by half the kernel on all sides, or with `same` as TensorFlow does."""
        weight = self.tensors[f"{name}.weight"]
        pad = [side // 2 for side in weight.shape[2:]]
        how = {"auto_pad": "same_upper" if same else "explicit"}
        around = [stride, stride], pad, pad, [1, 1]
        if depthwise:
            kernel = self.ops.constant(weight[:, :, None])
            return self.ops.group_convolution(x, kernel, *around, **how).output(0)
        return self.ops.convolution(x, self.ops.constant(weight), *around, **how).output(0)

    def normalised(self, x: Tensor, name: str, epsilon: float = 1e-5) -> Tensor:
        """Batch normalisation; see `statistics`."""
        scale, shift, mean, variance = (
            self.ops.constant(self.tensors[f"{name}.{part}"])
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        if self.statistics is not None:
            mean, variance = self._seen(x, name, self.statistics)
        return self.ops.batch_norm_inference(x, scale, shift, mean, variance, epsilon).output(0)

    def _seen(self, x: Tensor, name: str, statistics: dict[str, Seen]) -> tuple[Tensor, Tensor]:
        """(mean, variance) of the batch, [C] each, which are noted."""
        lengths = [length.get_length() for length in list(x.partial_shape)[2:]]
        axes = self.ops.constant(np.array([0, *range(2, 2 + len(lengths))]))
        mean = self.ops.reduce_mean(x, axes, keep_dims=True)
        variance = self.ops.reduce_mean(self.ops.squared_difference(x, mean), axes, keep_dims=False)
        mean = self.ops.reshape(mean, self.ops.constant(np.array([-1])), special_zero=False)
        statistics[name] = Seen(mean.output(0), variance.output(0), math.prod(lengths))
        return statistics[name][:2]

    def relu(self, x: Tensor) -> Tensor:
        return self.ops.relu(x).output(0)

    def relu6(self, x: Tensor) -> Tensor:
        return self.ops.clamp(x, 0.0, 6.0).output(0)

    def added(self, x: Tensor, y: Tensor) -> Tensor:
        return self.ops.add(x, y).output(0)

    def largest(self, x: Tensor, side: int) -> Tensor:
        """The maximum of each side × side places."""
        square, none = [side, side], [0, 0]
        return self.ops.max_pool(x, square, [1, 1], none, none, square).output(0)

    def averaged(self, x: Tensor, side: int) -> Tensor:
        """The mean of each side × side places; fewer at an edge that they do not fill."""
        square, none = [side, side], [0, 0]
        pooled = self.ops.avg_pool(x, square, none, none, square, exclude_pad=True, rounding_type="ceil")
        return pooled.output(0)

    def mean(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → [B, C]: over all places."""
        return self.ops.reduce_mean(x, self.ops.constant(np.array([2, 3])), keep_dims=False).output(0)

    def spread(self, x: Tensor, epsilon: float) -> Tensor:
        """[B, C, H, W] → [B, C]: the standard deviation over all places, `epsilon` under the root."""
        mean = self.ops.reduce_mean(x, self.ops.constant(np.array([2, 3])), keep_dims=True)
        variance = self.mean(self.ops.squared_difference(x, mean).output(0))
        return self.ops.sqrt(self.ops.add(variance, self.ops.constant(np.float32(epsilon)))).output(0)

    def flat(self, x: Tensor) -> Tensor:
        """[B, …] → [B, D]."""
        return self.ops.reshape(x, self.ops.constant(np.array([0, -1])), special_zero=True).output(0)

    def linear(self, x: Tensor, name: str) -> Tensor:
        """[B, D] → [B, D']; with a bias where there is one."""
        product = self.ops.matmul(x, self.ops.constant(self.tensors[f"{name}.weight"]), False, True)
        bias = self.tensors.get(f"{name}.bias")
        return (product if bias is None else self.ops.add(product, self.ops.constant(bias))).output(0)
