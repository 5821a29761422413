"""A graph and its preparation as JSON and a Blob hold them: what engine.js and prepare.js read."""

from __future__ import annotations

from typing import Any

import numpy as np

from headstart.data.preprocess import Preprocess
from headstart.web import eights
from headstart.web.blob import Blob
from headstart.web.graph import Graph, Node

_CELL, _FEWEST, _MOST = 16, 8, 16  # of the grid of a map: see headstart.explaining.grid


def network(graph: Graph, prepared: Preprocess, blob: Blob, bits: int = 16) -> dict[str, Any]:
    """Its tensors go into `blob`; bits: 16, or 8 for layers of many weights."""
    nodes = [
        {
            "op": one.op,
            "in": one.inputs,
            "out": one.out,
            "shape": list(one.shape),
            **one.facts,
            "tensors": {name: blob.add(tensor) for name, tensor in _tensors(one, bits).items()},
        }
        for one in graph.nodes
    ]
    return {
        "size": graph.size,
        "mean": list(prepared.mean),
        "std": list(prepared.std),
        "prepare": {
            "size": prepared.size,
            "resize": prepared.resize,
            "interpolation": prepared.interpolation,
        },
        "nodes": nodes,
        "cuts": [vars(cut) | {"tail": list(cut.tail)} for cut in graph.cuts],
        "side": min(_MOST, max(_FEWEST, graph.size // _CELL)),
    }


def _tensors(node: Node, bits: int) -> dict[str, np.ndarray]:
    weight = node.tensors.get("weight")
    if bits == 16 or node.op == "depthwise" or weight is None or weight.size < eights.FROM:
        return node.tensors
    codes, scale = eights.rounded(weight)
    return {**node.tensors, "weight": codes, "scale": scale * node.tensors.get("scale", np.float32(1))}
