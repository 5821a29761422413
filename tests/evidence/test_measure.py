"""How many random copies are asked, and what is converted for later."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from headstart import backbone, data
from headstart.evidence import measure
from headstart.runtime import Execution
from tests.cli.conftest import tree

ROOM = importlib.import_module("headstart.evidence.measure")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    dataset = data.load(tree(tmp_path_factory.mktemp("shapes") / "data", each=20)).dataset
    return dataset, data.partition(dataset, seed=0)


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """The second and later copies that were asked."""
    found, original = [], ROOM.extract

    def extract(*args, draw, **options):
        found.append(draw)
        return original(*args, draw=draw, **options)

    monkeypatch.setattr(ROOM, "extract", extract)
    return found


@pytest.mark.parametrize(
    ("lead", "lower", "copies"),
    [
        (-0.02, 0.8, 1),  # clearly not beaten
        (0.005, 0.8, 2),  # not beaten, but a better copy may come with a smaller error
        (0.03, 0.8, 2),
        (0.06, 0.8, 1),  # clearly beaten
        (0.03, 0.98, 1),  # different whatever the control says
    ],
)
def test_a_second_copy_is_asked_where_the_first_leaves_it_open(
    lead, lower, copies, shapes, asked, monkeypatch
):
    original = ROOM.gather

    def gather(*args, **options):
        found = original(*args, **options)
        top = replace(found.top, accuracy=0.9, behind_error=0.01)
        below = (replace(row, accuracy=lower) for row in found.profile[:-1])
        changes = {"control": 0.9 - lead, "control_error": 0.01, "optimism": 0.0, "distance": None}
        return replace(found, profile=(*below, top), **changes)

    monkeypatch.setattr(ROOM, "gather", gather)
    network = backbone.load("demo-cnn")
    evidence = measure(*shapes, network, execution=Execution(keep="none"))
    assert asked == list(range(1, copies))
    said = "one copy" if copies == 1 else "2 copies"
    assert said in evidence.how["control"]


def test_all_copies_are_built_with_the_network(shapes, monkeypatch, tmp_path):
    runtime = importlib.import_module("headstart.runtime.converted")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(runtime, "_at_hand", {})
    drawn, original = [], runtime.built.build

    def build(network, draw, **options):
        drawn.append(draw)
        return original(network, draw, **options)

    monkeypatch.setattr(runtime.built, "build", build)
    network, execution = backbone.load("demo-cnn"), Execution(runtime="openvino")
    measure(*shapes, network, execution=execution)
    assert len(drawn) == len(set(drawn)) > 1
    before = list(drawn)
    measure(*shapes, network, execution=replace(execution, keep="none"))
    assert drawn == before


def test_the_same_question_is_answered_from_what_is_kept(shapes, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    network, (dataset, parts) = backbone.load("demo-cnn"), shapes
    first, other = measure(dataset, parts, network), measure(dataset, parts, network, seed=1)
    weighed, original = [], ROOM.gather

    def gather(*args, **options):
        weighed.append(options["seed"])
        return original(*args, **options)

    monkeypatch.setattr(ROOM, "gather", gather)
    assert measure(dataset, parts, network) == first
    assert measure(dataset, parts, network, seed=1) == other
    assert weighed == []
    other_labels = replace(dataset, labels=1 - dataset.labels)
    other_groups = replace(dataset, groups=dataset.groups // 2)
    fewer = replace(parts, train=parts.train[1:])
    for changed in (
        lambda: measure(other_labels, parts, network),
        lambda: measure(other_groups, parts, network),
        lambda: measure(dataset, fewer, network),
        lambda: measure(dataset, parts, network, size="large"),
        lambda: measure(dataset, parts, network, execution=Execution(keep="fp16")),
        lambda: measure(dataset, parts, network, draws=1),
    ):
        weighed.clear()
        changed()
        assert weighed


def test_features_made_otherwise_are_weighed_anew(shapes, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    extracted = importlib.import_module("headstart.extraction.extract")
    network = backbone.load("demo-cnn")
    measure(*shapes, network)
    monkeypatch.setattr(extracted, "VERSION", extracted.VERSION + 1)
    measure(*shapes, network)
    assert len(list((tmp_path / "cache" / "headstart" / "evidence").glob("*.json"))) == 2


def test_kept_evidence_that_is_damaged_is_weighed_anew(shapes, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    network = backbone.load("demo-cnn")
    first = measure(*shapes, network)
    (kept,) = (tmp_path / "cache" / "headstart" / "evidence").glob("*.json")
    kept.write_text("{", encoding="utf-8")
    assert measure(*shapes, network) == first
