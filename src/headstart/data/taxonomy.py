"""Taxonomy: a tree over classes, and what probabilities of its leaves say of every coarser node."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from headstart.errors import DataError

DEEPEST = 64  # levels below the root
ROOT = ""  # what the root is called


@dataclass(frozen=True)
class Taxonomy:
    """A tree of V nodes whose C leaves are the classes of a model.

    names    V different names, a parent before its children; the first is the root, which has none: ""
    parents  V places of the parents; -1 for the root
    merged   finer class → the leaf that stands for it, where classes were joined (`partitioned`)
    origin   what it was read from: "folders", "column:NAME" or a file's name
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    merged: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError where this is no tree of different names."""
        if len(set(self.names)) < len(self.names) or self.names[:1] != (ROOT,) or len(self.names) < 2:
            raise ValueError("expected a root and nodes of different names")
        rising = all(0 <= parent < place for place, parent in enumerate(self.parents) if place)
        if len(self.parents) != len(self.names) or self.parents[0] != -1 or not rising:
            raise ValueError("expected one parent for each node, before it")
        if max(self.depths) > DEEPEST:
            raise ValueError(f"more than {DEEPEST} levels")

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """V numbers: edges from the root."""
        found = [0]
        for parent in self.parents[1:]:
            found.append(found[parent] + 1)
        return tuple(found)

    @property
    def depth(self) -> int:
        """Levels below the root."""
        return max(self.depths)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The C leaves, sorted: in the order of a model's classes."""
        inner = set(self.parents)
        return tuple(sorted(name for place, name in enumerate(self.names) if place not in inner))

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """V lists of places."""
        found: list[list[int]] = [[] for _ in self.names]
        for place, parent in enumerate(self.parents[1:], 1):
            found[parent].append(place)
        return tuple(map(tuple, found))

    @cached_property
    def members(self) -> np.ndarray:
        """bool [V, C]: whether the class is the node, or lies below it."""
        column = {name: place for place, name in enumerate(self.classes)}
        found = np.zeros((len(self.names), len(column)), bool)
        for place in reversed(range(len(self.names))):
            if self.names[place] in column:
                found[place, column[self.names[place]]] = True
            if place:
                found[self.parents[place]] |= found[place]
        return found

    def sums(self, probabilities: np.ndarray) -> np.ndarray:
        """float64 [N, V]: the probability of each node, the sum of those of its leaves, of float [N, C]."""
        return np.asarray(probabilities, np.float64) @ self.members.T

    def likeliest(self, probabilities: np.ndarray, level: int) -> np.ndarray:
        """int64 [N]: the likeliest of the nodes of a level, see `at`, by float [N, C]; the first of equal ones."""
        there = np.unique(self.at(level))
        below = self.members[there].astype(np.float32)
        return there[(np.asarray(probabilities, np.float32) @ below.T).argmax(axis=1)]

    def at(self, level: int) -> np.ndarray:
        """int64 [C]: the node that each class belongs to, `level` edges below the root, or the class itself."""
        found = np.zeros(len(self.classes), np.int64)
        for place, depth in enumerate(self.depths):  # parents come first, so that the deepest stays
            if depth <= level:
                found[self.members[place]] = place
        return found

    @cached_property
    def distances(self) -> np.ndarray:
        """int64 [C, C]: edges on the way from one class to another."""
        above = self.members.astype(np.float32)[1:]  # nodes that both lie below, but for the root
        shared = (above.T @ above).astype(np.int64)
        depth = np.diag(shared)
        return depth[:, None] + depth[None, :] - 2 * shared

    def certain(self, probabilities: np.ndarray, sure: float) -> tuple[np.ndarray, np.ndarray]:
        """(node int64 [N], its probability float64 [N]): the deepest node whose probability reaches `sure`.

        Of several as deep, the likeliest. It is the root, of which all is certain, where no other node reaches it.
        """
        sums = self.sums(probabilities)
        sums[:, 0] = 1.0
        rank = np.where(sums >= sure, np.array(self.depths) + np.minimum(sums, 1) / 2, -1)
        node = rank.argmax(axis=1)
        return node, sums[np.arange(len(sums)), node]

    def over(self, classes: Collection[str]) -> Taxonomy:
        """The tree of these classes alone. Raises DataError where one is no leaf."""
        strange = sorted(set(classes) - set(self.classes))
        if strange:
            raise DataError(f"taxonomy: {strange[0]!r} is none of its classes; add it to the tree")
        kept = self._above({place for place, name in enumerate(self.names) if name in set(classes)})
        left = self._taking(sorted(kept))
        return replace(left, merged={fine: leaf for fine, leaf in self.merged.items() if leaf in classes})

    def partitioned(self, counts: Mapping[str, int], most: int) -> Taxonomy:
        """The tree cut off where nodes hold fewer than `most` pictures: training classes (Esteva 2017, algorithm 1).

        counts: class → its pictures. From the root downwards, a node with fewer than `most` pictures at and below it
        becomes a class; one that has as many is entered, and a leaf is a class in any case. Raises DataError where
        that leaves one class.
        """
        pictures = self.members @ np.array([counts.get(name, 0) for name in self.classes], np.int64)
        kept, stops, waiting = [0], [], [0]
        while waiting:
            for child in self.children[waiting.pop()]:
                kept.append(child)
                enter = pictures[child] >= most and self.children[child]
                (waiting if enter else stops).append(child)
        if pictures[0] < most or len(stops) < 2:
            raise DataError(
                f"--most-per-class {most}: leaves one class of {pictures[0]:,} pictures; expected two or more; "
                "take a smaller number"
            )
        joined = {
            self.classes[c]: self.names[stop]
            for stop in stops
            for c in np.flatnonzero(self.members[stop])
            if self.classes[c] != self.names[stop]
        }
        return replace(self._taking(sorted(kept)), merged={**self.merged, **joined})

    def _above(self, places: set[int]) -> set[int]:
        """The places and all that they lie below."""
        found = {0}
        for place in places:
            while place not in found:
                found.add(place)
                place = self.parents[place]
        return found

    def _taking(self, kept: list[int]) -> Taxonomy:
        """The nodes at `kept`, rising; a parent of each is among them."""
        new = {place: number for number, place in enumerate(kept)}
        names = tuple(self.names[place] for place in kept)
        parents = tuple(new.get(self.parents[place], -1) for place in kept)
        return replace(self, names=names, parents=parents)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a bundle keeps them."""
        return {
            "names": list(self.names),
            "parents": list(self.parents),
            "merged": dict(self.merged),
            "origin": self.origin,
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Taxonomy:
        """Of what to_dict() gave. Raises ValueError, LookupError, TypeError for anything else."""
        names, parents, merged = values["names"], values["parents"], values["merged"]
        whole = all(isinstance(place, int) and not isinstance(place, bool) for place in parents)
        named = all(isinstance(name, str) for name in (*names, *merged, *merged.values(), values["origin"]))
        if not whole or not named:
            raise ValueError("taxonomy: expected names and whole numbers")
        found = Taxonomy(tuple(names), tuple(parents), dict(merged), values["origin"])
        if set(merged.values()) - set(found.classes) or set(merged) & set(found.names):
            raise ValueError("taxonomy: classes are joined that it has not")
        return found
