"""Resizing as Pillow does it, in OpenVINO's operations, of pictures whose sizes are known when they come."""

from __future__ import annotations

from typing import Any

import numpy as np

_MODES = {"bilinear": "bilinear_pillow", "bicubic": "bicubic_pillow", "nearest": "nearest"}
FILTERS = tuple(_MODES)
_A = -0.5  # Pillow's cubic (Keys 1981)


def interpolated(pictures: Any, sides: Any, interpolation: str) -> Any:
    """uint8 [N, 3, H, W] → uint8 [N, 3, *sides], by the one operation that there is for it."""
    from openvino import opset13 as ops

    return ops.interpolate(
        pictures,
        sides,
        _MODES[interpolation],
        "sizes",
        axes=np.array([2, 3]),
        cube_coeff=_A,
        coordinate_transformation_mode="half_pixel",
        nearest_mode="round_prefer_ceil",
    )


def multiplied(pictures: Any, sides: Any, interpolation: str) -> Any:
    """The same by two products of matrices, rows first, as Pillow has them.

    OpenVINO prepares its operation anew for each size of picture, for 0.6 s at 500 × 375 pixels and 2 s at 900 × 700;
    products it does not. They are as fast for a size that is known, and take 4 bytes for each number of a picture.
    """
    from openvino import opset13 as ops

    if interpolation == "nearest":
        return interpolated(pictures, sides, interpolation)
    new = ops.split(sides, np.array(0), 2)
    down, across = (_weights(_side(pictures, 2 + k), new.output(k), interpolation) for k in range(2))
    rows = _whole(ops.matmul(ops.convert(pictures, "f32"), across, False, True))
    return ops.convert(_whole(ops.matmul(down, rows, False, False)), "u8")


def _side(pictures: Any, axis: int) -> Any:
    """int64 [1]: H or W."""
    from openvino import opset13 as ops

    return ops.gather(ops.shape_of(pictures), np.array([axis]), np.array(0))


def _weights(old: Any, new: Any, interpolation: str) -> Any:
    """float32 [new, old]: of which pixels, and how much of each, a new pixel is made. old, new: int64 [1].

    Distances are counted in whole numbers, so that they are exact; over how many pixels the filter reaches is 1 where a
    picture grows, else the ratio of the sides.
    """
    from openvino import opset13 as ops

    two = np.array(2)
    apart = ops.subtract(ops.multiply(_centres(old, axis=0), new), ops.multiply(_centres(new, axis=1), old))
    reach = ops.multiply(ops.maximum(old, new), two)
    heights = _filter(
        ops.divide(ops.convert(ops.abs(apart), "f32"), ops.convert(reach, "f32")), interpolation
    )
    return ops.divide(heights, ops.reduce_sum(heights, np.array([1]), keep_dims=True))


def _centres(count: Any, axis: int) -> Any:
    """Twice the middles of so many pixels, 1, 3, 5, …, with another axis of length 1."""
    from openvino import opset13 as ops

    number = ops.squeeze(count, np.array([0]))
    places = ops.range(np.array(0), number, np.array(1), "i64")
    return ops.unsqueeze(ops.add(ops.multiply(places, np.array(2)), np.array(1)), np.array([axis]))


def _filter(t: Any, interpolation: str) -> Any:
    """The filter's height at distance t ≥ 0."""
    from openvino import opset13 as ops

    def number(value: float) -> np.float32:
        return np.float32(value)

    if interpolation == "bilinear":
        return ops.relu(ops.subtract(number(1), t))
    inner = ops.subtract(ops.multiply(t, number(_A + 2)), number(_A + 3))
    near = ops.add(ops.multiply(ops.multiply(inner, t), t), number(1))
    outer = ops.add(ops.multiply(ops.subtract(t, number(5)), t), number(8))
    far = ops.multiply(ops.subtract(ops.multiply(outer, t), number(4)), number(_A))
    return ops.select(ops.less(t, number(1)), near, ops.select(ops.less(t, number(2)), far, number(0)))


def _whole(values: Any) -> Any:
    """Rounded to what 8 bits hold."""
    from openvino import opset13 as ops

    return ops.clamp(ops.floor(ops.add(values, np.float32(0.5))), 0, 255)
