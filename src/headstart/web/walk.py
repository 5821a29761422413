"""walk(): an OpenVINO model → Graph, one operation after the other. An operation that is unknown is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from headstart.errors import BackboneError
from headstart.runtime.openvino import library
from headstart.web.graph import Graph, Node, traced

_UNARY = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "HSwish": "hardswish",
    "HSigmoid": "hardsigmoid",
    "Tanh": "tanh",
    "Sqrt": "sqrt",
}
_BINARY = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Divide": "divide",
    "SquaredDifference": "squared_difference",
}
_FOLDING = ("convolution", "depthwise", "linear")


def walk(model: Any, name: str) -> Graph:
    """A converted network, normalised picture [B, 3, S, S] in; `name` is what errors call it.

    Raises BackboneError that names an operation which the engine does not know.
    """
    return _Walk(_one_picture(model), name).graph()


def _one_picture(model: Any) -> Any:
    """The model for one picture, what does not hang on it computed."""
    library()
    from openvino.passes import ConstantFolding, Manager

    model = model.clone()
    model.reshape([1, *(side.get_length() for side in model.input(0).partial_shape[1:])])
    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(model)
    return model


class _Walk:
    """Nodes so far, and by which number each output of the model goes."""

    def __init__(self, model: Any, name: str) -> None:
        self.model, self.name = model, name
        self.nodes: list[Node] = []
        self.made: dict[int, Node] = {}
        self.numbers: dict[str, int] = {}

    def graph(self) -> Graph:
        for op in self.model.get_ordered_ops():
            if op.get_type_name() == "Parameter":
                self.numbers[op.get_friendly_name()] = 0
            elif op.get_type_name() not in ("Constant", "Result"):
                self._read(op)
        values = [self._number(output.get_node(), 0) for output in self.model.outputs]
        size = self.model.input(0).get_shape()[-1]
        return Graph(size, tuple(self.nodes), tuple(traced(self.nodes, value) for value in values))

    def _read(self, op: Any) -> None:
        kind = op.get_type_name()
        reader = _READERS.get(kind)
        if kind in _UNARY:
            self._activation(op, [_UNARY[kind]])
        elif kind in _BINARY:
            self._binary(op, _BINARY[kind])
        elif reader is None:
            raise BackboneError(
                f"{self.name}: {kind} is an operation that the page does not know; export to another format"
            )
        else:
            reader(self, op)

    # What readers share.

    def refuse(self, op: Any, what: str) -> BackboneError:
        return BackboneError(f"{self.name}: {op.get_type_name()} {what}, which the page does not know")

    def _number(self, op: Any, place: int) -> int:
        """The value at an input of the operation; of numbers that are known a node is made."""
        source = op.input_value(place).get_node()
        if source.get_type_name() != "Constant":
            if op.input_value(place).get_index():
                raise self.refuse(op, f"reads a second output of {source.get_type_name()}")
            return self.numbers[source.get_friendly_name()]
        if source.get_friendly_name() not in self.numbers:
            known = np.asarray(source.get_data(), np.float32)
            if known.size > 1 and (known.ndim not in (2, 4) or known.shape[0] > 1):
                raise self.refuse(op, f"with numbers of shape {known.shape}")
            shape = known.shape[1:] if known.ndim in (2, 4) else (1,)
            last = known.reshape(shape).transpose(1, 2, 0) if len(shape) == 3 else known
            self._add(source, Node("constant", [], 0, shape, {}, {"values": last.ravel()}))
        return self.numbers[source.get_friendly_name()]

    def _add(self, op: Any, node: Node) -> None:
        node.out = len(self.nodes) + 1
        self.nodes.append(node)
        self.made[node.out] = node
        self.numbers[op.get_friendly_name()] = node.out

    def _is(self, op: Any, value: int) -> None:
        """The operation's value is one that is there already."""
        self.numbers[op.get_friendly_name()] = value

    def _new(self, op: Any, kind: str, facts: dict[str, Any] | None = None, **tensors: np.ndarray) -> None:
        held = {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}
        self._add(op, Node(kind, [self._number(op, 0)], 0, _shape(op), facts or {}, held))

    def _foldable(self, op: Any, place: int = 0) -> Node | None:
        """The convolution or linear layer before the operation, where nothing else reads it."""
        node = self.made.get(self._number(op, place))
        alone = len(op.input_value(place).get_target_inputs()) == 1
        return node if node and alone and node.op in _FOLDING and "act" not in node.facts else None

    def _activation(self, op: Any, act: list[Any]) -> None:
        value = self._number(op, 0)
        node = self.made.get(value)
        alone = len(op.input_value(0).get_target_inputs()) == 1
        if (
            node
            and alone
            and node.op in (*_FOLDING, "affine", "add")
            and "act" not in node.facts
            and act != ["sqrt"]
        ):
            node.facts["act"] = act
            self._is(op, value)
        elif act == ["sqrt"]:
            self._new(op, "sqrt")
        else:
            self._new(op, "activation", {"act": act})

    def _scaled(self, op: Any, scale: np.ndarray, shift: np.ndarray, place: int = 0) -> None:
        """x · scale + shift, a number a channel each."""
        node = self._foldable(op, place)
        if node is None:
            tensors = {"scale": scale, "shift": shift}
            self._add(op, Node("affine", [self._number(op, place)], 0, _shape(op), {}, tensors))
            return
        before = node.tensors.get("scale", np.float32(1))
        node.tensors["scale"] = np.asarray(before * scale, np.float32)
        node.tensors["bias"] = np.asarray(node.tensors["bias"] * scale + shift, np.float32)
        self._is(op, node.out)

    def _binary(self, op: Any, kind: str) -> None:
        known = _known(op, 1)
        place = 0
        if known is None and kind in ("add", "multiply"):
            known, place = _known(op, 0), 1
        channels = None if known is None else _a_channel(known, _shape(op))
        if channels is None or kind == "squared_difference":
            inputs = [self._number(op, 0), self._number(op, 1)]
            self._add(op, Node(kind, inputs, 0, _shape(op)))
            return
        scale, shift = np.ones_like(channels), np.zeros_like(channels)
        if kind in ("add", "subtract"):
            shift = channels if kind == "add" else -channels
        else:
            scale = channels if kind == "multiply" else 1 / channels
        self._scaled(op, scale, shift, place)

    # Operations.

    def convolution(self, op: Any) -> None:
        weight = _known(op, 1)
        if weight is None:
            raise self.refuse(op, "by weights that are computed")
        grouped = weight.ndim == 5
        groups = weight.shape[0] if grouped else 1
        weight = weight.reshape(-1, *weight.shape[2:]) if grouped else weight
        if weight.ndim != 4:
            raise self.refuse(op, f"over {weight.ndim - 2} axes")
        facts = _window(op, weight.shape[2:]) | {"groups": groups}
        bias = np.zeros(len(weight))
        if groups == len(weight) and weight.shape[1] == 1:
            self._new(op, "depthwise", facts, weight=weight[:, 0].transpose(1, 2, 0), bias=bias)
        else:
            self._new(op, "convolution", facts, weight=weight.transpose(0, 2, 3, 1), bias=bias)

    def normalisation(self, op: Any) -> None:
        gamma, beta, mean, variance = (_known(op, place) for place in range(1, 5))
        if gamma is None or beta is None or mean is None or variance is None:
            raise self.refuse(op, "by numbers that are computed")
        scale = gamma / np.sqrt(variance + np.float32(op.get_attributes()["epsilon"]))
        self._scaled(op, scale, beta - mean * scale)

    def clamp(self, op: Any) -> None:
        facts = op.get_attributes()
        self._activation(op, ["clamp", float(facts["min"]), float(facts["max"])])

    def swish(self, op: Any) -> None:
        if op.get_input_size() > 1 and _known(op, 1) != 1:
            raise self.refuse(op, "with a slope other than 1")
        self._activation(op, ["swish"])

    def linear(self, op: Any) -> None:
        weight, facts = _known(op, 1), op.get_attributes()
        if weight is None or weight.ndim != 2 or facts["transpose_a"] or len(_shape(op)) != 1:
            raise self.refuse(op, "of two values that are computed")
        weight = weight if facts["transpose_b"] else weight.T
        self._new(op, "linear", weight=weight, bias=np.zeros(len(weight)))

    def pool(self, op: Any) -> None:
        facts = op.get_attributes()
        average = op.get_type_name() == "AvgPool"
        window = _window(op, facts["kernel"])
        if average:
            window["padded"] = not facts["exclude-pad"]
        self._new(op, "average_pool" if average else "max_pool", window)

    def pad(self, op: Any) -> None:
        facts, before, behind, value = op.get_attributes(), _known(op, 1), _known(op, 2), _known(op, 3)
        if facts["pad_mode"] != "constant" or before is None or behind is None or len(before) != 4:
            raise self.refuse(op, f"in the way of {facts['pad_mode']!r}")
        if any(before[:2]) or any(behind[:2]) or min(*before, *behind) < 0:
            raise self.refuse(op, "of other axes than height and width")
        filled = 0.0 if value is None else float(np.clip(value, -3.4e38, 3.4e38))
        self._new(op, "pad", {"before": [int(n) for n in before[2:]], "value": filled})

    def mean(self, op: Any) -> None:
        axes, before = _known(op, 1), op.input_value(0).get_shape()
        if axes is None or len(before) != 4 or {int(axis) % 4 for axis in np.ravel(axes)} != {2, 3}:
            raise self.refuse(op, "over other axes than height and width")
        self._new(op, "mean")

    def adaptive(self, op: Any) -> None:
        before, after = op.input_value(0).get_shape(), op.output(0).get_shape()
        if list(before) == list(after):
            self._is(op, self._number(op, 0))
        elif list(after[2:]) == [1, 1]:
            self._new(op, "mean")
        else:
            self._new(op, "adaptive")

    def concat(self, op: Any) -> None:
        if op.get_attributes()["axis"] not in (1, 1 - len(op.output(0).get_shape())):
            raise self.refuse(op, "along another axis than the channels")
        inputs = [self._number(op, place) for place in range(op.get_input_size())]
        self._add(op, Node("concat", inputs, 0, _shape(op)))

    def reshape(self, op: Any) -> None:
        before, after = (tuple(side) for side in (op.input_value(0).get_shape(), op.output(0).get_shape()))
        if before == after:
            self._is(op, self._number(op, 0))
        elif before[0] != 1 or after[0] != 1 or [n for n in before if n > 1] == [n for n in after if n > 1]:
            self._new(op, "view")
        elif len(before) == 4 and len(after) == 2:
            self._new(op, "flatten")
        else:
            raise self.refuse(op, f"from {before} to {after}")


_READERS: dict[str, Callable[[_Walk, Any], None]] = {
    "Convolution": _Walk.convolution,
    "GroupConvolution": _Walk.convolution,
    "BatchNormInference": _Walk.normalisation,
    "Clamp": _Walk.clamp,
    "Swish": _Walk.swish,
    "MatMul": _Walk.linear,
    "MaxPool": _Walk.pool,
    "AvgPool": _Walk.pool,
    "Pad": _Walk.pad,
    "ReduceMean": _Walk.mean,
    "AdaptiveAvgPool": _Walk.adaptive,
    "Concat": _Walk.concat,
    "Reshape": _Walk.reshape,
    "Squeeze": _Walk.reshape,
    "Unsqueeze": _Walk.reshape,
}


def _shape(op: Any) -> tuple[int, ...]:
    """Of one picture's value."""
    return tuple(op.output(0).get_shape()[1:])


def _known(op: Any, place: int) -> np.ndarray | None:
    """The numbers at an input; None where they are computed."""
    source = op.input_value(place).get_node()
    return np.asarray(source.get_data()) if source.get_type_name() == "Constant" else None


def _a_channel(known: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """float32 [C] of numbers that are one a channel, or one for all; None for others."""
    if known.size == 1:
        return np.full(shape[0], known.ravel()[0], np.float32)
    from_right = (1, *known.shape)[-len(shape) :] if known.ndim < len(shape) else known.shape[-len(shape) :]
    if known.size == shape[0] and from_right[0] == shape[0]:
        return known.astype(np.float32).ravel()
    return None


def _window(op: Any, kernel: Any) -> dict[str, Any]:
    facts = op.get_attributes()
    return {
        "kernel": [int(side) for side in kernel],
        "strides": [int(step) for step in facts["strides"]],
        "dilations": [int(step) for step in facts.get("dilations", (1, 1))],
        "before": [int(side) for side in facts["pads_begin"]],
    }
