"""OpenVINO's operations in ONNX's words: one function an operation, each [outputs] from the names of its inputs.

Those are here that convolutional networks and common vision transformers use. ONNX's are of operator set 20
(onnx.ai/onnx/operators); OpenVINO's of docs.openvino.ai, "Available Operation Sets".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

OPERATOR_SET = 20


class Writer(Protocol):
    """Where the ONNX graph grows."""

    def node(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> list[str]:
        """Adds an ONNX node; the names of its outputs."""
        ...

    def constant(self, value: np.ndarray | np.float32) -> str:
        """Adds a constant; its name."""
        ...


Operation = Callable[[Writer, Any, Sequence[str]], list[str]]


class NoConstant(ValueError):
    """An input must be known when the graph is written, and is not."""


def known(node: Any, place: int) -> np.ndarray:
    """The constant at an input of the node. Raises NoConstant."""
    source = node.input_value(place).get_node()
    if source.get_type_name() != "Constant":
        raise NoConstant(f"{node.get_type_name()} with a computed input {place}")
    return np.array(source.get_data())


def _same(kind: str, **attributes: Any) -> Operation:
    """An operation that ONNX has with the same inputs."""
    return lambda graph, node, inputs: graph.node(kind, inputs, **attributes)


def _clamp(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    facts = node.get_attributes()
    low, high = (graph.constant(np.float32(facts[name])) for name in ("min", "max"))
    return graph.node("Clip", [inputs[0], low, high])


def _swish(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    inner = inputs[0] if len(inputs) == 1 else graph.node("Mul", inputs)[0]
    return graph.node("Mul", [inputs[0], *graph.node("Sigmoid", [inner])])


def _gelu(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    exact = str(node.get_attributes()["approximation_mode"]).upper() == "ERF"
    return graph.node("Gelu", inputs, approximate="none" if exact else "tanh")


def _square(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    apart = graph.node("Sub", inputs)
    return graph.node("Mul", [*apart, *apart])


def _normalise(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    return graph.node("BatchNormalization", inputs, epsilon=float(node.get_attributes()["epsilon"]))


def _moments(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    """MVN: less the mean, by the spread, over the axes."""
    facts, axes = node.get_attributes(), graph.constant(known(node, 1).astype(np.int64).reshape(-1))
    centred = graph.node("Sub", [inputs[0], *graph.node("ReduceMean", [inputs[0], axes], keepdims=1)])
    if not facts["normalize_variance"]:
        return centred
    variance = graph.node("ReduceMean", [*graph.node("Mul", centred * 2), axes], keepdims=1)
    eps = graph.constant(np.float32(facts["eps"]))
    if str(facts["eps_mode"]).upper() == "INSIDE_SQRT":
        return graph.node("Div", [*centred, *graph.node("Sqrt", graph.node("Add", [*variance, eps]))])
    return graph.node("Div", [*centred, *graph.node("Add", [*graph.node("Sqrt", variance), eps])])


def _places(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Strides, pads and dilations, as convolutions and pooling have them."""
    pads = [*facts["pads_begin"], *facts["pads_end"]]
    dilations = {"dilations": list(facts["dilations"])} if "dilations" in facts else {}
    return {"strides": list(facts["strides"]), "pads": pads, **dilations}


def _convolution(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    return graph.node("Conv", inputs, **_places(node.get_attributes()))


def _grouped(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    """Its weights [G, O / G, I / G, …] are [O, I / G, …] in ONNX."""
    weight = known(node, 1)
    flat = graph.constant(weight.reshape(-1, *weight.shape[2:]))
    return graph.node("Conv", [inputs[0], flat], group=len(weight), **_places(node.get_attributes()))


def _pool(kind: str) -> Operation:
    def pooled(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
        facts = node.get_attributes()
        more = {} if kind == "MaxPool" else {"count_include_pad": int(not facts["exclude-pad"])}
        ceil = int(str(facts["rounding_type"]).lower().startswith("ceil"))
        shape = list(facts["kernel"])
        first = graph.node(kind, inputs, kernel_shape=shape, ceil_mode=ceil, **_places(facts), **more)
        return [*first, *[""] * (len(node.outputs()) - 1)]  # nobody asks where the greatest stood

    return pooled


def _adaptive(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    """Means over a grid of as many cells as are wanted; where these are of one size, or the map is one place."""
    wanted, sides = (
        known(node, 1).tolist(),
        [int(one.get_length()) for one in list(node.input_value(0).partial_shape)[2:]],
    )
    if sides == wanted:
        return graph.node("Identity", inputs[:1])
    if set(sides) == {1}:
        return graph.node("Tile", [inputs[0], graph.constant(np.array([1, 1, *wanted]))])
    if any(side % cells for side, cells in zip(sides, wanted, strict=True)):
        raise NoConstant("AdaptiveAvgPool with cells of several sizes")
    shape = [side // cells for side, cells in zip(sides, wanted, strict=True)]
    return graph.node("AveragePool", inputs[:1], kernel_shape=shape, strides=shape)


def _rounded(kind: str) -> Operation:
    """Whole numbers stay as they are: ONNX rounds others alone."""

    def rounded(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
        whole = node.input_value(0).element_type.is_integral()
        return graph.node("Identity" if whole else kind, inputs)

    return rounded


def _reduce(kind: str) -> Operation:
    def reduced(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
        axes = graph.constant(known(node, 1).astype(np.int64).reshape(-1))
        return graph.node(kind, [inputs[0], axes], keepdims=int(node.get_attributes()["keep_dims"]))

    return reduced


def _product(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    facts = node.get_attributes()
    sides = [
        _turned(graph, node, place, name) if facts[f"transpose_{'ab'[place]}"] else name
        for place, name in enumerate(inputs)
    ]
    return graph.node("MatMul", sides)


def _turned(graph: Writer, node: Any, place: int, name: str) -> str:
    """The last two axes exchanged."""
    try:
        return graph.constant(np.ascontiguousarray(np.swapaxes(known(node, place), -1, -2)))
    except NoConstant:
        axes = list(range(len(node.input_value(place).partial_shape)))
        return graph.node("Transpose", [name], perm=[*axes[:-2], axes[-1], axes[-2]])[0]


def _attention(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    """softmax(q @ k.T / √d + mask) @ v (Vaswani et al. 2017)."""
    if node.get_attributes()["causal"] or len(inputs) > 4:
        raise NoConstant("ScaledDotProductAttention that looks back alone, or with a scale of its own")
    q, k, v, *mask = inputs
    rank = len(node.input_value(1).partial_shape)
    width = node.input_value(1).partial_shape[rank - 1].get_length()
    turned = graph.node("Transpose", [k], perm=[*range(rank - 2), rank - 1, rank - 2])
    scores = graph.node("Mul", [*graph.node("MatMul", [q, *turned]), graph.constant(np.float32(width**-0.5))])
    scores = graph.node("Add", [*scores, *mask]) if mask else scores
    return graph.node("MatMul", [*graph.node("Softmax", scores, axis=-1), v])


def _reshape(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    shape = graph.node("Cast", inputs[1:], to=_KINDS["i64"])
    return graph.node(
        "Reshape", [inputs[0], *shape], allowzero=int(not node.get_attributes()["special_zero"])
    )


def _transpose(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    return graph.node("Transpose", inputs[:1], perm=known(node, 1).astype(int).reshape(-1).tolist())


def _squeezed(kind: str) -> Operation:
    def squeezed(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
        axes = [graph.constant(known(node, 1).astype(np.int64).reshape(-1))] if len(inputs) > 1 else []
        return graph.node(kind, [inputs[0], *axes])

    return squeezed


def _split(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    count, axis = int(node.get_attributes()["num_splits"]), int(known(node, 1))
    return graph.node("Split", inputs[:1], outputs=count, axis=axis, num_outputs=count)


def _gather(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    if node.get_attributes()["batch_dims"]:
        raise NoConstant("Gather within a batch")
    return graph.node("Gather", inputs[:2], axis=int(known(node, 2)))


def _slice(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    data, start, stop, step, *axes = inputs
    axes = axes or [graph.constant(np.arange(known(node, 3).size, dtype=np.int64))]
    return graph.node("Slice", [data, start, stop, *axes, step])


def _concat(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    return graph.node("Concat", inputs, axis=int(node.get_attributes()["axis"]))


def _softmax(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    return graph.node("Softmax", inputs, axis=int(node.get_attributes()["axis"]))


def _broadcast(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    if len(inputs) > 2:
        raise NoConstant("Broadcast along axes of its own")
    return graph.node("Expand", [inputs[0], *graph.node("Cast", inputs[1:2], to=_KINDS["i64"])])


def _pad(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    if str(node.get_attributes()["pad_mode"]).lower() != "constant":
        raise NoConstant("Pad with other than a constant")
    sides = graph.node("Concat", inputs[1:3], axis=0)
    return graph.node("Pad", [inputs[0], *sides, *inputs[3:]])


# OpenVINO's numbers by ONNX's (onnx.TensorProto)
_KINDS = {"f32": 1, "u8": 2, "i32": 6, "i64": 7, "boolean": 9}


def _convert(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    kind = node.output(0).element_type.get_type_name()
    if kind not in _KINDS:
        raise NoConstant(f"Convert to {kind}")
    return graph.node("Cast", inputs, to=_KINDS[kind])


def _resize(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    """Pillow's filters are ONNX's, antialiased."""
    mode = str(node.get_attributes()["mode"]).lower()
    axes = known(node, 2).astype(int).tolist()
    if axes != [2, 3]:
        raise NoConstant(f"Interpolate along axes {axes}")
    # All four sides: where ONNX Runtime moves a transposition past a Resize of two, it takes their sizes apart.
    sizes = graph.node("Concat", [*graph.node("Shape", inputs[:1], start=0, end=2), inputs[1]], axis=0)
    data = [inputs[0], "", "", *sizes]
    if mode == "nearest":
        return graph.node("Resize", data, mode="nearest", nearest_mode="round_prefer_ceil")
    linear = mode == "bilinear_pillow"
    if not linear and mode != "bicubic_pillow":
        raise NoConstant(f"Interpolate by {mode}")
    more = {} if linear else {"cubic_coeff_a": -0.5, "exclude_outside": 1}
    return graph.node("Resize", data, mode="linear" if linear else "cubic", antialias=1, **more)


def _greatest(graph: Writer, node: Any, inputs: Sequence[str]) -> list[str]:
    """The first of equals comes first in both."""
    facts, count = node.get_attributes(), graph.constant(known(node, 1).astype(np.int64).reshape(1))
    return graph.node(
        "TopK", [inputs[0], count], 2, axis=int(facts["axis"]), largest=int(facts["mode"] == "max")
    )


OPERATIONS: Mapping[str, Operation] = {
    "Add": _same("Add"),
    "Subtract": _same("Sub"),
    "Multiply": _same("Mul"),
    "Divide": _same("Div"),
    "Maximum": _same("Max"),
    "Minimum": _same("Min"),
    "Power": _same("Pow"),
    "AdaptiveAvgPool": _adaptive,
    "Ceiling": _rounded("Ceil"),
    "Floor": _rounded("Floor"),
    "FloorMod": _same("Mod"),
    "Exp": _same("Exp"),
    "Relu": _same("Relu"),
    "Sigmoid": _same("Sigmoid"),
    "Tanh": _same("Tanh"),
    "Sqrt": _same("Sqrt"),
    "GreaterEqual": _same("GreaterOrEqual"),
    "HSwish": _same("HardSwish"),
    "HSigmoid": _same("HardSigmoid", alpha=1 / 6, beta=0.5),
    "Select": _same("Where"),
    "ShapeOf": _same("Shape"),
    "AvgPool": _pool("AveragePool"),
    "BatchNormInference": _normalise,
    "Broadcast": _broadcast,
    "Clamp": _clamp,
    "Concat": _concat,
    "Convert": _convert,
    "Convolution": _convolution,
    "Gather": _gather,
    "Gelu": _gelu,
    "GroupConvolution": _grouped,
    "Interpolate": _resize,
    "MVN": _moments,
    "MatMul": _product,
    "MaxPool": _pool("MaxPool"),
    "Pad": _pad,
    "ReduceMax": _reduce("ReduceMax"),
    "ReduceMean": _reduce("ReduceMean"),
    "ReduceMin": _reduce("ReduceMin"),
    "ReduceSum": _reduce("ReduceSum"),
    "Reshape": _reshape,
    "ScaledDotProductAttention": _attention,
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "SquaredDifference": _square,
    "Squeeze": _squeezed("Squeeze"),
    "Swish": _swish,
    "TopK": _greatest,
    "Transpose": _transpose,
    "Unsqueeze": _squeezed("Unsqueeze"),
}
