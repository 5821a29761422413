"""How right a model is at each level of a taxonomy, and how far off its mistakes are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from headstart.assess.evaluation import Evaluation
from headstart.data.taxonomy import Taxonomy
from headstart.intervals import Score, paired, score


@dataclass(frozen=True)
class Level:
    """depth: edges below the root, where `nodes` nodes are told apart; score: of the answers there."""

    depth: int
    nodes: int
    score: Score


@dataclass(frozen=True)
class Node:
    """A node: of the pictures of its classes, the share that is called by its name at its level (`found`).

    merged  finer classes that stand in this one
    """

    name: str
    depth: int
    found: Score
    merged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Distance:
    """Mistakes weighed by their way through the tree, in edges.

    mistakes        of them there are so many; mean: edges between what a picture shows and what it was called
    chance          the same where each had been called any other class, all alike
    gain, error     chance less mean, and the paired standard error; None for one group
    """

    mistakes: int
    mean: float
    chance: float
    gain: float
    error: float | None


@dataclass(frozen=True)
class Levels:
    """levels: from the coarsest to the classes themselves; nodes: a parent before its children; distance: None where
    nothing is wrong, or there is but one level; origin: what the tree was read from."""

    levels: tuple[Level, ...]
    nodes: tuple[Node, ...]
    distance: Distance | None
    origin: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Levels:
        """Of to_dict()."""
        return Levels(
            tuple(Level(**{**one, "score": Score.from_dict(one["score"])}) for one in values["levels"]),
            tuple(
                Node(**{**one, "found": Score.from_dict(one["found"]), "merged": tuple(one["merged"])})
                for one in values["nodes"]
            ),
            values["distance"] and Distance(**values["distance"]),
            values["origin"],
        )


def levels(evaluation: Evaluation, tree: Taxonomy) -> Levels:
    """What the probabilities come to at each level, a node's being the sum of its classes' (Esteva et al. 2017).

    evaluation: of the tree's classes.
    """
    found, nodes = [], {}
    for depth in range(1, tree.depth + 1):
        node = tree.at(depth)
        there, truth = np.unique(node), node[evaluation.labels]
        right = tree.likeliest(evaluation.probabilities, depth) == truth
        found.append(Level(depth, len(there), score(right, evaluation.groups)))
        for place in there:
            own = truth == place
            groups = None if evaluation.groups is None else evaluation.groups[own]
            nodes[int(place)] = nodes.get(int(place)) or _node(tree, int(place), score(right[own], groups))
    return Levels(
        tuple(found), tuple(nodes[place] for place in _walk(tree)), _distance(evaluation, tree), tree.origin
    )


def _node(tree: Taxonomy, place: int, found: Score) -> Node:
    name = tree.names[place]
    merged = tuple(sorted(fine for fine, leaf in tree.merged.items() if leaf == name))
    return Node(name, tree.depths[place], found, merged)


def _walk(tree: Taxonomy) -> list[int]:
    """All nodes but the root, each right behind its parent or the last below an elder sibling."""
    found, waiting = [], [*reversed(tree.children[0])]
    while waiting:
        found.append(waiting.pop())
        waiting += reversed(tree.children[found[-1]])
    return found


def _distance(evaluation: Evaluation, tree: Taxonomy) -> Distance | None:
    wrong = np.flatnonzero(~evaluation.correct)
    if not len(wrong) or tree.depth < 2:
        return None
    labels, distances = evaluation.labels[wrong], tree.distances
    own = distances[labels, evaluation.predictions[wrong]]
    chance = distances.sum(axis=1)[labels] / (len(distances) - 1)
    groups = wrong if evaluation.groups is None else evaluation.groups[wrong]
    gain, error = paired(chance, own, groups)
    return Distance(
        len(wrong), float(own.mean()), float(chance.mean()), gain, error if np.isfinite(error) else None
    )
