"""Graph: a network as plain data, as engine.js runs it: nodes in order, and the tensors that they hold.

It is read off a converted network, operation by operation. What stands behind a convolution or a linear layer and only
scales, shifts or bounds its channels becomes a part of it. The scale stays beside the weights: many are numbers of half
precision, and multiplied they would not be (docs/decisions/0084). The engine multiplies when it starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Node:
    """One operation on one picture.

    op       what engine.js calls it
    inputs   numbers of the values that it takes
    out      the number of its value; shape: that value's, (channels, height, width) or (features,)
    facts    what else it has to know, as JSON can say it; "act" is what is done to its value at the end
    tensors  float32, in the order in which the engine reads them: channels last
    """

    op: str
    inputs: list[int]
    out: int
    shape: tuple[int, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """What the head reads of one cut.

    value  the number of the vector
    map    the number of the last value with places below it, None where what lies between is more than sums over places
    spread whether the vector is the means of the map's channels, and behind them their spreads
    tail   the numbers of the values between map and vector, the lowest first
    """

    value: int
    map: int | None = None
    spread: bool = False
    tail: tuple[int, ...] = ()


@dataclass(frozen=True)
class Graph:
    """size: of the square input in pixels, whose value is number 0; nodes in order; cuts as the head reads them."""

    size: int
    nodes: tuple[Node, ...]
    cuts: tuple[Cut, ...]


def traced(nodes: Sequence[Node], value: int) -> Cut:
    """The cut whose vector has the number `value`, followed down to the map that it is made of."""
    made = {node.out: node for node in nodes}
    spread = _spread(made, made[value])
    if spread is not None:
        return Cut(value, spread, True)
    tail, at = list[int](), made.get(value)
    while at is not None and len(at.inputs) == 1:
        tail.append(at.out)
        if at.op in ("mean", "flatten"):
            return Cut(value, at.inputs[0], False, tuple(reversed(tail)))
        if at.op not in ("linear", "affine", "view") or at.facts.get("act", ["relu"])[0] not in (
            "relu",
            "clamp",
        ):
            break
        at = made.get(at.inputs[0])
    return Cut(value)


def _spread(made: dict[int, Node], node: Node) -> int | None:
    """The map of means and spreads side by side; None where the node is anything else."""
    if node.op != "concat" or len(node.inputs) != 2:
        return None
    mean, root = (_below_views(made, value) for value in node.inputs)
    if mean is None or root is None or (mean.op, root.op) != ("mean", "sqrt"):
        return None
    return mean.inputs[0]


def _below_views(made: dict[int, Node], value: int) -> Node | None:
    node = made.get(value)
    while node is not None and node.op == "view":
        node = made.get(node.inputs[0])
    return node
