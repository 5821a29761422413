"""The taxonomy as an indented tree, with how many pictures are named rightly at each node and each level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headstart.assess.levels import Levels, Node
from headstart.counts import first
from headstart.intervals import Score
from headstart.report.thumbnails import Album

_NAMED = 8  # joined classes that are named in a row


@dataclass(frozen=True)
class Row:
    """A node of the tree; joined: the finer classes that it stands for, in words."""

    name: str
    depth: int
    found: Score
    inner: bool
    joined: str


def section(found: Levels, album: Album) -> dict[str, Any]:
    """What the template tells."""
    nodes = found.nodes
    deeper = [*(node.depth for node in nodes[1:]), 0]
    return {
        "levels": found.levels,
        "rows": [_row(node, after > node.depth) for node, after in zip(nodes, deeper, strict=True)],
        "distance": found.distance,
        "origin": found.origin,
        "joined": sum(len(node.merged) for node in nodes),
    }


def _row(node: Node, inner: bool) -> Row:
    return Row(node.name, node.depth, node.found, inner, first(node.merged, _NAMED))
