"""Converted networks seen before their pooling: what stands at every place of a cut."""

from __future__ import annotations

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


def maps_of(model: Any) -> Any:
    """A bundle's converted network, each cut as a map in place of its mean, or mean and spread; vectors stay."""
    ov = library()
    from openvino import opset13

    results = [opset13.result(_map(output.get_node().input_value(0))) for output in model.outputs]
    return ov.Model(results, model.get_parameters(), "headstart")


def _map(cut: Any) -> Any:
    """The map of a pooled cut: means alone, or means and spreads side by side."""
    node = cut.get_node()
    mean = node.input_value(0) if node.get_type_name() == "Concat" else cut
    return unpooled(mean) if _pooling(mean).get_type_name() == _MEAN else cut


def _pooling(mean: Any) -> Any:
    node = mean.get_node()
    while node.get_type_name() in _THROUGH:
        node = node.input_value(0).get_node()
    return node
