"""A tree over classes: sums, levels, distances and certain answers, whatever the tree."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.data.taxonomy import Taxonomy
from headstart.errors import DataError

# animals: birds: wren, robin; cat.  vehicles: car, van.
SMALL = Taxonomy(
    ("", "animals", "birds", "wren", "robin", "cat", "vehicles", "car", "van"),
    (-1, 0, 1, 2, 2, 1, 0, 6, 6),
    origin="tree.yaml",
)


@st.composite
def trees(draw: st.DrawFn) -> Taxonomy:
    parents = [-1, *(draw(st.integers(0, above)) for above in range(draw(st.integers(1, 29))))]
    return Taxonomy(("", *(f"n{place:02}" for place in range(1, len(parents)))), tuple(parents))


@st.composite
def predicted(draw: st.DrawFn) -> tuple[Taxonomy, np.ndarray]:
    tree = draw(trees())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = rng.normal(0, draw(st.floats(0, 8)), (draw(st.integers(1, 6)), len(tree.classes)))
    p = np.exp(logits - logits.max(1, keepdims=True))
    return tree, (p / p.sum(1, keepdims=True)).astype(np.float32)


@given(predicted())
@settings(deadline=None)
def test_a_node_is_the_sum_of_its_leaves(found):
    tree, probabilities = found
    sums = tree.sums(probabilities)
    exact = probabilities.astype(np.float64)
    for place, name in enumerate(tree.names):
        if name in tree.classes:
            np.testing.assert_array_equal(sums[:, place], exact[:, tree.classes.index(name)])
        else:
            below = sum(sums[:, child] for child in tree.children[place])
            np.testing.assert_allclose(sums[:, place], below, rtol=0, atol=1e-12)
    np.testing.assert_allclose(sums[:, 0], exact.sum(1), rtol=0, atol=1e-12)
    for place, parent in enumerate(tree.parents[1:], 1):
        assert (sums[:, place] <= sums[:, parent] + 1e-12).all()


@given(predicted(), st.floats(0.01, 0.99))
@settings(deadline=None)
def test_an_answer_is_as_fine_as_it_is_sure_of(found, sure):
    tree, probabilities = found
    nodes, sums = tree.certain(probabilities, sure)
    every = tree.sums(probabilities)
    assert ((sums >= sure) | (nodes == 0)).all()
    for row, node in enumerate(nodes):
        finer = [p for p, depth in enumerate(tree.depths) if depth > tree.depths[node]]
        assert not (every[row, finer] >= sure).any()


@given(trees())
@settings(deadline=None)
def test_distances_are_those_of_the_way(tree):
    def above(name: str) -> list[int]:
        found, place = [], tree.names.index(name)
        while place != -1:
            found.append(place)
            place = tree.parents[place]
        return found

    for i, one in enumerate(tree.classes):
        for j, other in enumerate(tree.classes):
            assert tree.distances[i, j] == len({*above(one)} ^ {*above(other)})


@given(trees(), st.data())
@settings(deadline=None)
def test_training_classes_are_where_the_descent_stops(tree, data):
    counts = {name: data.draw(st.integers(0, 40)) for name in tree.classes}
    most = data.draw(st.integers(1, 80))
    try:
        cut = tree.partitioned(counts, most)
    except DataError:
        assert sum(counts.values()) < most or len(tree.children[0]) == 1
        return

    def held(name: str) -> int:
        row = tree.members[tree.names.index(name)]
        return sum(counts[c] for c, there in zip(tree.classes, row, strict=True) if there)

    for name in cut.classes:
        place = tree.names.index(name)
        assert held(name) < most or not tree.children[place]
        above = tree.parents[place]
        assert above == 0 or held(tree.names[above]) >= most
    assert {*cut.merged, *(set(cut.classes) & set(tree.classes))} == set(tree.classes)


@given(predicted())
@settings(deadline=None)
def test_the_likeliest_node_of_a_level_is_that_of_the_largest_sum(found):
    tree, p = found
    sums = tree.sums(p)
    for level in range(1, tree.depth + 1):
        there = np.unique(tree.at(level))
        answers = tree.likeliest(p, level)
        assert set(answers.tolist()) <= set(there.tolist())
        best = sums[:, there].max(axis=1)
        np.testing.assert_allclose(sums[np.arange(len(p)), answers], best, atol=1e-6)


def test_levels_and_distances_of_a_small_tree():
    assert SMALL.classes == ("car", "cat", "robin", "van", "wren")
    named = [[SMALL.names[place] for place in SMALL.at(level)] for level in (0, 1, 2, 3)]
    assert named == [
        [""] * 5,
        ["vehicles", "animals", "animals", "vehicles", "animals"],
        ["car", "cat", "birds", "van", "birds"],
        ["car", "cat", "robin", "van", "wren"],
    ]
    assert SMALL.distances[SMALL.classes.index("wren")].tolist() == [5, 3, 2, 5, 0]


def test_a_bird_in_place_of_a_wren():
    row = np.array([[0.01, 0.02, 0.55, 0.01, 0.41]])
    named = {c: SMALL.names[SMALL.certain(row, c)[0][0]] for c in (0.5, 0.9, 0.97, 0.985)}
    assert named == {0.5: "robin", 0.9: "birds", 0.97: "animals", 0.985: ""}


def test_joined_classes_are_told():
    cut = SMALL.partitioned({"wren": 3, "robin": 4, "cat": 9, "car": 1, "van": 2}, 8)
    assert cut.classes == ("birds", "cat", "vehicles")
    assert cut.merged == {"wren": "birds", "robin": "birds", "car": "vehicles", "van": "vehicles"}
    with pytest.raises(DataError, match="--most-per-class 20: leaves one class of 19 pictures"):
        SMALL.partitioned({"wren": 3, "robin": 4, "cat": 9, "car": 1, "van": 2}, 20)


def test_a_part_of_the_tree():
    assert SMALL.over(["wren", "car"]).names == ("", "animals", "birds", "wren", "vehicles", "car")
    with pytest.raises(DataError, match="'birds' is none of its classes"):
        SMALL.over(["birds"])


def test_it_is_kept_as_plain_values():
    cut = SMALL.partitioned({"wren": 3, "robin": 4, "cat": 9, "car": 1, "van": 2}, 8)
    assert Taxonomy.from_dict(json.loads(json.dumps(cut.to_dict()))) == cut


@pytest.mark.parametrize(
    "broken",
    [
        {"names": ["", "a", "a"]},
        {"names": ["", "a", 3]},
        {"names": ["x", "a", "b"]},
        {"parents": [-1, 0]},
        {"parents": [-1, 2, 0]},
        {"parents": [-1, 0, True]},
        {"parents": [0, 0, 0]},
        {"merged": {"c": "d"}},
        {"merged": {"a": "b"}},
    ],
)
def test_what_is_no_tree_is_refused(broken):
    whole = {"names": ["", "a", "b"], "parents": [-1, 0, 0], "merged": {}, "origin": "folders"}
    with pytest.raises(ValueError):
        Taxonomy.from_dict({**whole, **broken})
