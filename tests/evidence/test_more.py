"""What more pictures would bring, in words that need no statistics; and pictures that the network knows already."""

from __future__ import annotations

import pytest

from headstart.evidence.facts import CurvePoint, Reach
from headstart.evidence.more import lacking, more, seen
from tests.evidence.made import changed
from tests.planning.conftest import evidence

__all__ = ["evidence"]


@pytest.fixture
def found(evidence):
    curve = (CurvePoint(100, 0.6, 0.02), CurvePoint(200, 0.7, 0.02), CurvePoint(400, 0.775, 0.02))
    base = evidence("small", "similar")
    return changed(base, curve=curve, n=500, reach=Reach(1_000, 0.83, 0.8, 0.86), entropy=None)


def test_it_is_said_in_pictures_of_a_hundred(found):
    told = more(found, 0.8, frozen=True)
    assert told is not None
    assert told.reach.n == 1_000
    assert str(told) == "With twice as many training pictures: 81 to 87 of 100."


def test_a_level_curve_promises_nothing(found):
    level = changed(found, curve=tuple(CurvePoint(n, 0.8, 0.02) for n in (100, 200, 400)))
    told = more(level, 0.8, frozen=True)
    assert told is not None
    assert "hardly more than now" in str(told)


def test_where_the_curve_does_not_know_nothing_is_said(found):
    assert more(None, 0.8, frozen=True) is None
    assert more(found, 0.8, frozen=False) is None
    assert more(changed(found, reach=None), 0.8, frozen=True) is None
    assert more(changed(found, entropy=0.3, source_entropy=0.5, distance=0.1), 0.8, frozen=True) is None


@pytest.mark.parametrize(
    ("here", "own", "distance", "known"),
    [
        (0.33, 0.476, 0.03, True),
        (0.33, 0.476, 0.48, True),  # of few classes
        (0.43, 0.476, 0.03, False),
        (0.3, None, 0.03, False),
        (0.35, 0.476, 0.6, False),  # 20 brain scans through demo-cnn
    ],
)
def test_pictures_that_the_network_knows(found, here, own, distance, known):
    assert seen(changed(found, entropy=here, source_entropy=own, distance=distance)) is known


def test_the_class_that_lacks_pictures_has_the_fewest_and_is_found_least():
    counts = {"glass": 12, "paper": 80, "metal": 90}
    assert lacking(counts, {"glass": (3, 12), "paper": (38, 40), "metal": (40, 42)}) == "glass"
    assert lacking(counts, {"glass": (11, 12), "paper": (20, 40), "metal": (40, 42)}) == ""
    assert (
        lacking(counts, {"glass": (1, 2), "paper": (30, 40), "metal": (40, 42)}) == ""
    )  # two pictures tell nothing
    assert lacking(dict.fromkeys(counts, 50), {"glass": (3, 12), "paper": (38, 40)}) == ""
