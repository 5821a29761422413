"""The page's engine under node: it computes what OpenVINO computes, and prepares pictures as Pillow does."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import headstart.web.blob
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError
from headstart.runtime.openvino import OpenVINORuntime, library
from headstart.web import eights, node
from headstart.web.blob import FEW, Blob
from headstart.web.page import page
from headstart.web.walk import walk
from headstart.web.written import network

needs_node = pytest.mark.skipif(node.found() is None, reason="no node on this machine")
SIZE = 20
PREPARED = Preprocess(SIZE, SIZE, "bicubic", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Those that half precision holds: what the engine gets is what OpenVINO gets."""
    drawn = np.random.default_rng(seed).normal(0, 0.4, shape)
    return drawn.astype(np.float16).astype(np.float32)


def constant(*shape: int, seed: int = 0) -> Any:
    library()
    from openvino import opset13 as ops

    return ops.constant(numbers(*shape, seed=seed))


def normalised(ops: Any, x: Any, channels: int) -> Any:
    """A batch normalisation whose numbers differ from channel to channel."""
    spread = ops.constant(np.abs(numbers(channels, seed=3)) + np.float32(0.5))
    given = [constant(channels, seed=seed) for seed in (4, 5, 6)]
    return ops.batch_norm_inference(x, *given, spread, 1e-3)


def conv(
    ops: Any, x: Any, out: int, into: int, k: int, stride: int = 1, pad: int = 0, dilation: int = 1
) -> Any:
    weight = constant(out, into, k, k)
    return ops.convolution(x, weight, [stride] * 2, [pad] * 2, [pad] * 2, [dilation] * 2)


def grouped(ops: Any, x: Any, groups: int, out: int, into: int, k: int, stride: int, pad: int) -> Any:
    weight = constant(groups, out, into, k, k)
    return ops.group_convolution(x, weight, [stride] * 2, [pad] * 2, [pad] * 2, [1, 1])


def excited(ops: Any, x: Any) -> Any:
    """Squeeze and excitation: a number for each channel, from its mean."""
    squeezed = ops.reduce_mean(x, np.array([2, 3]), keep_dims=True)
    return ops.multiply(x, ops.sigmoid(conv(ops, squeezed, 8, 8, 1)))


def spreads(ops: Any, x: Any) -> Any:
    axes = np.array([2, 3])
    away = ops.squared_difference(x, ops.reduce_mean(x, axes, keep_dims=True))
    spread = ops.sqrt(ops.add(ops.reduce_mean(away, axes), np.float32(1e-6)))
    return ops.concat([ops.reduce_mean(x, axes), spread], 1)


def dense(ops: Any, x: Any) -> Any:
    flat = ops.reshape(
        ops.max_pool(x, [4, 4], [1, 1], [0, 0], [0, 0], [4, 4]).output(0), np.array([0, -1]), True
    )
    hidden = ops.matmul(flat, constant(6, 200), False, True)
    return ops.relu(ops.add(hidden, constant(1, 6)))


def maximum(ops: Any, x: Any, rounding: str) -> Any:
    return ops.max_pool(x, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3], rounding).output(0)


def average(ops: Any, x: Any, *, exclude: bool) -> Any:
    return ops.avg_pool(x, [2, 2], [1, 1], [1, 1], [3, 3], exclude, "ceil")


def padded(ops: Any, x: Any) -> Any:
    before, behind = np.array([0, 0, 1, 0]), np.array([0, 0, 2, 3])
    return conv(ops, ops.pad(x, before, behind, "constant", np.float32(0)), 5, 8, 3)


# Each takes a map of 8 channels.
GRAPHS: dict[str, Callable[[Any, Any], Any]] = {
    "convolution": lambda ops, x: conv(ops, x, 7, 8, 3, 2, 1),
    "convolution, dilated": lambda ops, x: conv(ops, x, 6, 8, 3, 1, 2, 2),
    "convolution, 1x1": lambda ops, x: conv(ops, x, 13, 8, 1),
    "convolution, 1x1 in steps": lambda ops, x: conv(ops, x, 9, 8, 1, 2),
    "depthwise": lambda ops, x: grouped(ops, x, 8, 1, 1, 3, 1, 1),
    "depthwise, 5x5 in steps": lambda ops, x: grouped(ops, x, 8, 1, 1, 5, 2, 2),
    "groups": lambda ops, x: grouped(ops, x, 2, 3, 4, 3, 1, 1),
    "two for each channel": lambda ops, x: grouped(ops, x, 8, 2, 1, 3, 1, 1),
    "normalised, clamped": lambda ops, x: ops.clamp(normalised(ops, conv(ops, x, 8, 8, 3), 8), 0, 6),
    "normalised depthwise": lambda ops, x: ops.relu(normalised(ops, grouped(ops, x, 8, 1, 1, 3, 1, 1), 8)),
    "normalised alone": lambda ops, x: ops.relu(normalised(ops, x, 8)),
    "read twice": lambda ops, x: ops.add(*[f(conv(ops, x, 8, 8, 1)) for f in (ops.relu, ops.tanh)]),
    "residual": lambda ops, x: ops.relu(ops.add(conv(ops, x, 8, 8, 3, 1, 1), x)),
    "scaled": lambda ops, x: ops.multiply(ops.subtract(x, constant(1, 8, 1, 1)), constant(8, 1, 1, seed=2)),
    "divided": lambda ops, x: ops.divide(x, np.float32(3)),
    "excited": excited,
    "swish": lambda ops, x: ops.swish(conv(ops, x, 8, 8, 1)),
    "hard swish": lambda ops, x: ops.hswish(ops.multiply(x, np.float32(4))),
    "hard sigmoid": lambda ops, x: ops.hsigmoid(ops.multiply(x, np.float32(4))),
    "largest": lambda ops, x: maximum(ops, x, "floor"),
    "largest, up to the edge": lambda ops, x: maximum(ops, x, "ceil"),
    "average": lambda ops, x: average(ops, x, exclude=True),
    "average with the edge": lambda ops, x: average(ops, x, exclude=False),
    "side by side": lambda ops, x: ops.concat([x, conv(ops, x, 3, 8, 1), x], 1),
    "average, whole windows": lambda ops, x: ops.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], False, "floor"),
    "padded": padded,
    "adaptive, fewer": lambda ops, x: ops.adaptive_avg_pool(x, np.array([3, 2])),
    "adaptive, more": lambda ops, x: ops.adaptive_avg_pool(x, np.array([SIZE + 3, 2 * SIZE])),
    "means and spreads": spreads,
    "dense": dense,
}


def model_of(build: Callable[[Any, Any], Any]) -> Any:
    """A network of one convolution, what `build` makes of its map, and all numbers of that in a row."""
    ov = library()
    from openvino import opset13 as ops

    given = ops.parameter([-1, 3, SIZE, SIZE], np.float32)
    built = build(ops, conv(ops, given, 8, 3, 3, 1, 1))
    made = built if isinstance(built, ov.Output) else built.output(0)
    if len(made.partial_shape) == 4:
        made = ops.reshape(made, np.array([0, -1]), True)
    return ov.Model([ops.result(made)], [given], "small")


def html_of(model: Any, prepared: Preprocess = PREPARED) -> str:
    """A page that holds the network, and no head."""
    blob = Blob()
    values = network(walk(model, "this network"), prepared, blob)
    return page({**values, "head": [], "sections": blob.sections()}, blob.text(), "0")


@needs_node
@pytest.mark.parametrize("name", GRAPHS)
def test_an_operation_is_openvinos(name: str) -> None:
    model = model_of(GRAPHS[name])
    frames = np.random.default_rng(1).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
    ((expected,),) = OpenVINORuntime(model, PREPARED).stream([frames])
    found = np.array([one["features"] for one in node.ask(html_of(model), list(frames), "features")])
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda ops, x: ops.gelu(x, "erf"), "Gelu is an operation that the page does not know"),
        (lambda ops, x: ops.reduce_mean(x, np.array([1]), keep_dims=True), "ReduceMean over other axes"),
        (lambda ops, x: ops.add(x, constant(SIZE)), r"Add with numbers of shape \(20,\)"),
        (lambda ops, x: ops.concat([x, x], 2), "Concat along another axis"),
        (lambda ops, x: ops.pad(x, [0, 0, 1, 1], [0, 0, 1, 1], "reflect"), "Pad in the way of 'reflect'"),
    ],
)
def test_what_the_engine_does_not_know_is_named(build: Callable[[Any, Any], Any], named: str) -> None:
    with pytest.raises(BackboneError, match=f"this network: {named}") as error:
        walk(model_of(build), "this network")
    assert "\n" not in str(error.value)


def test_normalisation_and_bounds_become_part_of_the_convolution() -> None:
    graph = walk(model_of(GRAPHS["normalised, clamped"]), "this network")
    assert [one.op for one in graph.nodes] == ["convolution", "convolution", "flatten"]
    assert graph.nodes[1].facts["act"] == ["clamp", 0.0, 6.0]
    assert graph.cuts[0].map == graph.nodes[1].out


@needs_node
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", "lanczos", "nearest"])
def test_pixels_are_prepared_to_the_last_bit(interpolation: str) -> None:
    """Larger, smaller, of odd sides, as they are, and cropped alone."""
    prepared = Preprocess(20, 25, interpolation, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    sizes = [(100, 80), (31, 57), (25, 25), (25, 40), (26, 25), (12, 9), (301, 20), (640, 427)]
    draw = np.random.default_rng(0)
    pictures = [draw.integers(0, 256, (high, wide, 3), np.uint8) for wide, high in sizes]
    found = node.ask(html_of(model_of(GRAPHS["convolution"]), prepared), pictures, "prepared")
    for picture, one in zip(pictures, found, strict=True):
        frame = np.frombuffer(base64.b64decode(one["frame"]), np.uint8).reshape(20, 20, 3)
        np.testing.assert_array_equal(frame, prepared.frame(picture))


def test_what_half_precision_cannot_hold_stays_in_32_bits() -> None:
    blob, many = Blob(), FEW + 1
    places = [
        blob.add(np.full(shape, value, np.float32))
        for shape, value in (((1, many), 6e4), ((1, many), 7e4), (4, 1), ((2, 2), 1))
    ]
    assert places == [("h", 0, many), ("f", 0, many), ("f", many, 4), ("f", many + 4, 4)]
    assert blob.sections() == {"floats": many + 8, "halves": many + 1, "eights": 0}
    assert len(zlib.decompress(base64.b64decode(blob.text()))) == (many + 8) * 4 + (many + 1) * 2


def test_the_bytes_of_a_section_lie_with_their_like() -> None:
    blob = Blob()
    blob.add(np.array([1.0, 2.0], np.float32))
    blob.add(np.array([3, -4], np.int8))
    blob.add(np.array([1.0, -2.0], np.float16))
    floats, halves, eights = b"\0\0\0\0\x80\0\x3f\x40", b"\0\0\x3c\xc0", b"\x03\xfc"
    assert zlib.decompress(base64.b64decode(blob.text())) == floats + halves + eights


@needs_node
def test_numbers_of_half_precision_are_read_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest ones too."""
    from openvino import opset13 as ops

    monkeypatch.setattr(headstart.web.blob, "FEW", 0)
    weight = np.zeros((4, 3, 1, 1), np.float32)
    weight[:, 0, 0, 0] = [6e-8, 6.1e-5, 1, 65504]
    given = ops.parameter([-1, 3, SIZE, SIZE], np.float32)
    seen = ops.convolution(given, ops.constant(weight), [1, 1], [0, 0], [0, 0], [1, 1])
    model = library().Model([ops.result(ops.reduce_mean(seen, np.array([2, 3])))], [given], "small")
    white = np.full((SIZE, SIZE, 3), 255, np.uint8)
    (found,) = node.ask(html_of(model), [white], "features")
    kept = weight[:, 0, 0, 0].astype(np.float16).astype(np.float64)
    np.testing.assert_allclose(found["features"], kept * (1 - 0.485) / 0.229, rtol=1e-6)


def test_errors_of_weights_in_8_bits_cancel_out() -> None:
    weight = np.random.default_rng(0).normal(size=(4, 3, 3, 64)).astype(np.float32)
    codes, scale = eights.rounded(weight)
    table, rows = eights.steps(), weight.reshape(4, -1)
    kept = table[127 + codes.reshape(4, -1).astype(int)] * scale[:, None]
    assert codes.shape == weight.shape
    assert np.abs(kept - rows).max() <= 1.01 * np.diff(table).max() * scale.max()
    assert (np.abs((kept - rows).sum(axis=1)) <= np.diff(table).max() * scale).all()
    even = np.round(rows / scale[:, None] * 127) / 127 * scale[:, None]
    assert np.square(kept - rows).mean() < 0.8 * np.square(even - rows).mean()
