"""Converted networks seen before their pooling: what stands at every place of a cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headstart.errors import BackboneError
from headstart.runtime.openvino import library

# What may stand between a mean over places and the output that it is.
_THROUGH = ("Squeeze", "Reshape", "Convert")
_MEAN = "ReduceMean"


def unpooled(mean: Any) -> Any:
    """What a mean over places was taken of. Raises BackboneError where it was taken by an operation that is unknown."""
    node = _pooling(mean)
    if node.get_type_name() != _MEAN:
        raise BackboneError(
            f"the converted network pools by {node.get_type_name()}, expected {_MEAN}; run it by torch to see its maps"
        )
    return node.input_value(0)


def maps_of(model: Any, spatial: Sequence[bool]) -> Any:
    """A bundle's converted network, each cut as a map in place of its mean, or mean and spread.

    spatial: which of the cuts have places; the vectors among them stay.
    """
    ov = library()
    from openvino import opset13

    cuts = [output.get_node().input_value(0) for output in model.outputs]
    seen = [_map(cut) if wide else cut for cut, wide in zip(cuts, spatial, strict=True)]
    return ov.Model([opset13.result(one) for one in seen], model.get_parameters(), "headstart")


def _map(cut: Any) -> Any:
    """The map of a pooled cut: means alone, or means and spreads side by side."""
    node = cut.get_node()
    return unpooled(node.input_value(0) if node.get_type_name() == "Concat" else cut)


def _pooling(mean: Any) -> Any:
    node = mean.get_node()
    while node.get_type_name() in _THROUGH:
        node = node.input_value(0).get_node()
    return node
