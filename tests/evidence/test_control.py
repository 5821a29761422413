"""The random control on a part of the pictures: which part, and what follows from what it says there."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from headstart import backbone, data
from headstart.evidence import measure
from headstart.evidence.control import ENOUGH, ahead, part_of, plain
from headstart.evidence.gather import gather
from headstart.intervals import paired
from headstart.runtime import Execution
from tests.cli.conftest import tree
from tests.evidence.test_gather import CLASSES, CLEAR_TOP, LABELS, NOISE, STAGES, TOTALS, N, Source, features

ROOM = importlib.import_module("headstart.evidence.measure")
ASKED = {"labels": LABELS, "groups": np.arange(N), "classes": CLASSES, "stages": STAGES, "seed": 0}


def test_the_part_keeps_groups_whole_and_classes_in_proportion():
    labels, groups = np.repeat([0, 1], [300, 100]), np.arange(400) // 4
    part = part_of(labels, groups, 224, 0)
    assert len(part) == 100
    assert np.bincount(labels[part]).tolist() == [76, 24] or abs(np.bincount(labels[part])[1] - 25) <= 4
    whole = np.unique(groups[part])
    assert np.isin(groups, whole).sum() == len(part)
    np.testing.assert_array_equal(part, part_of(labels, groups, 224, 0))


@pytest.mark.parametrize(
    ("pictures", "classes", "part"),
    [(100, 2, 100), (240, 2, 80), (2000, 2, 500), (2000, 200, 1000), (600, 100, 600)],
)
def test_the_part_is_a_quarter_but_never_too_few(pictures, classes, part):
    assert len(part_of(np.arange(pictures) % classes, np.arange(pictures), 224, 0)) == part


def test_all_are_asked_where_that_costs_next_to_nothing():
    assert len(part_of(np.arange(1000) % 2, np.arange(1000), 64, 0)) == 1000
    assert len(part_of(np.arange(1000) % 2, np.arange(1000), 224, 0)) == 250


@pytest.mark.parametrize("groups", [[600, 600], [600, 600, 1]])
def test_all_are_asked_where_no_part_can_be_probed(groups):
    """A class that is one group is never left out, and with two such classes nothing is."""
    group = np.repeat(np.arange(len(groups)), groups)
    labels = (group > 0).astype(int)
    assert len(part_of(labels, group, 224, 0)) == len(labels)


@pytest.mark.parametrize(
    ("lead", "error", "said"), [(0.5, 0.1, True), (0.3, 0.1, False), (-0.5, 0.1, False), (0.0, 0.0, False)]
)
def test_a_part_is_enough_only_for_a_lead_far_above_its_error(lead, error, said):
    assert plain(lead, error) is said
    assert not plain(lead, float("inf"))


def test_the_control_stands_as_far_below_the_top_cut_as_on_the_part():
    own, part = features(CLEAR_TOP), part_of(LABELS, np.arange(N), 224, 0)
    found = ahead(own, features(NOISE, 1).take(part), part, **ASKED)
    assert found is not None
    assert found.pictures == len(part) < N
    assert found.lead > ENOUGH * found.error > 0
    facts = gather(own, found, totals=TOTALS, source=Source("somewhere", 20), **ASKED)
    whole = gather(own, [features(NOISE, 1)], totals=TOTALS, source=Source("somewhere", 20), **ASKED)
    assert facts.lead == pytest.approx(found.lead)
    assert facts.control_error == found.error > whole.control_error
    assert abs(facts.control - whole.control) < 3 * found.error
    assert facts.profile == whole.profile
    assert f"on {len(part)} of the {N} pictures" in facts.how["control"]
    assert "of the" not in whole.how["control"]


def test_the_lead_is_that_of_probes_of_the_part_alone():
    """Perfect against hopeless features: one right everywhere, the other at chance."""
    part = np.arange(0, N, 2)
    found = ahead(features({**NOISE, "pre_logits": 9.0}), features(NOISE, 1).take(part), part, **ASKED)
    assert found is not None
    assert found.lead == pytest.approx(1 - found.accuracy)
    assert found.error == pytest.approx(
        paired(np.ones(len(part)), np.arange(len(part)) < round(found.accuracy * len(part)))[1], rel=1e-6
    )


def test_one_group_leaves_it_open():
    part = np.arange(10)
    asked = {**ASKED, "groups": np.zeros(N, np.int64)}
    assert ahead(features(CLEAR_TOP), features(NOISE, 1).take(part), part, **asked) is None


@pytest.mark.parametrize("enough", [True, False])
def test_random_weights_see_all_pictures_only_where_the_part_is_not_enough(enough, tmp_path, monkeypatch):
    monkeypatch.setattr("headstart.evidence.control.LEAST", 20)
    monkeypatch.setattr("headstart.evidence.control.PIXELS", 0)
    monkeypatch.setattr(ROOM, "plain", lambda *_: enough)
    dataset = data.load(tree(tmp_path / "data", each=40)).dataset
    parts = data.partition(dataset, seed=0)
    seen, original = [], ROOM.extract

    def extract(dataset, index, *args, **options):
        seen.append(len(index))
        return original(dataset, index, *args, **options)

    monkeypatch.setattr(ROOM, "extract", extract)
    evidence = measure(dataset, parts, backbone.load("demo-cnn"), execution=Execution(keep="none"), draws=1)
    assert seen == ([] if enough else [len(parts.train)])
    assert ("pictures:" in evidence.how["control"]) is enough
