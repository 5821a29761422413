"""fit(): the four cases, their fall-backs, and the honesty of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headstart import assess, data
from headstart.backbone import Backbone
from headstart.errors import PlanError
from headstart.evidence import measure
from headstart.intervals import wilson
from headstart.model import Model
from headstart.train import fit as room
from headstart.train import head as heads
from headstart.train.fit import fit
from headstart.train.head import Head
from tests.cli.conftest import tree

CASES = (1, 2, 3, 4)


def _layers(head: Head) -> list[np.ndarray]:
    return [array for layer in head.layers for array in layer]


@pytest.mark.parametrize("case", CASES)
def test_the_same_seed_gives_the_same_numbers(case, demo, planned, shapes):
    first, second = (fit(planned(demo, case), demo, *shapes) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(_layers(first.head), _layers(second.head), strict=True))
    assert first.arms == second.arms
    assert [{**row, "seconds": 0} for row in first.history] == [
        {**row, "seconds": 0} for row in second.history
    ]


@pytest.mark.parametrize("pool", ["avg", "avgstd"])
def test_cuts_side_by_side_are_told_apart_in_the_head(pool, demo, planned, shapes, monkeypatch):
    """Each cut has its share, whatever it is pooled to: the head that comes out is the one solved by these widths."""
    dataset, parts = shapes
    plan = replace(planned(demo, 2, cut=demo.stage_names[1:3]), pool=pool)
    channels = [demo.stages[place].channels for place in (1, 2)]
    columns = [count * (2 if pool == "avgstd" else 1) for count in channels]
    found = fit(plan, demo, dataset, parts).head
    solve = heads.solve
    monkeypatch.setattr(heads, "solve", lambda *a, **k: solve(*a, **{**k, "widths": columns}))
    assert all(map(np.array_equal, _layers(found), _layers(fit(plan, demo, dataset, parts).head)))
    monkeypatch.setattr(heads, "solve", lambda *a, **k: solve(*a, **{**k, "widths": ()}))
    assert not np.array_equal(_layers(found)[0], _layers(fit(plan, demo, dataset, parts).head)[0])


@pytest.mark.parametrize("case", CASES)
def test_the_report_pictures_are_never_read(case, demo, planned, tmp_path):
    dataset = data.load(tree(tmp_path / "data", each=15)).dataset
    parts = data.partition(dataset, seed=0)
    for index in parts.report:
        Path(dataset.paths[index]).unlink()
    assert fit(planned(demo, case), demo, dataset, parts).head.n_classes == 2


@pytest.mark.parametrize("case", CASES)
def test_colours_are_learnt(case, demo, planned, tmp_path):
    dataset = data.load(tree(tmp_path / "data", each=40)).dataset
    parts = data.partition(dataset, seed=0, share=0.4)
    accuracy, _ = _accuracy(planned(demo, case, recipe={"epochs": 6}), demo, dataset, parts)
    assert accuracy > 0.85


@pytest.mark.parametrize("case", CASES)
def test_shuffled_labels_give_chance(case, demo, planned, meaningless):
    dataset, parts = meaningless
    accuracy, n = _accuracy(planned(demo, case, recipe={"epochs": 4}), demo, dataset, parts)
    low, high = wilson(round(accuracy * n), n)
    assert low <= 0.5 <= high


@pytest.fixture(scope="module")
def meaningless(tmp_path_factory):
    """Pictures of one kind, labelled by a shuffle. (Shuffled labels of *separable* classes do not give chance
    but all or nothing: each cluster of pictures gets one answer.)"""
    root = tree(tmp_path_factory.mktemp("one") / "data", names=("square",), each=200)
    for number, path in enumerate(sorted((root / "square").iterdir())):
        side = root / ("even" if number % 2 else "odd")
        side.mkdir(exist_ok=True)
        path.rename(side / path.name)
    (root / "square").rmdir()
    dataset = data.load(root).dataset
    labels = np.random.default_rng(11).permutation(dataset.labels)
    dataset = replace(dataset, labels=labels)
    return dataset, data.partition(dataset, seed=0, share=0.4)


def _accuracy(plan, backbone: Backbone, dataset, parts) -> tuple[float, int]:
    model = Model.of(fit(plan, backbone, dataset, parts))
    evaluation = assess.evaluate(model, dataset, parts.report, "held-out")
    return evaluation.accuracy, evaluation.n


def test_the_evidence_sees_nothing_in_shuffled_labels(demo, meaningless):
    dataset, parts = meaningless
    evidence = measure(dataset, parts, demo)
    assert evidence.similarity == "different"
    for row in evidence.profile:
        low, _ = wilson(round(row.accuracy * evidence.n), evidence.n)
        assert (
            low <= 0.5
        )  # cross-validated chance lies a little below one half: a fold's absence tips the rest


def test_the_probe_is_returned_where_training_does_not_succeed(demo, planned, shapes):
    plan = planned(demo, 3, recipe={"lr": 1e-9})
    fitted = fit(plan, demo, *shapes)
    assert [arm.name for arm in fitted.arms if arm.chosen] == ["probe"]
    assert fitted.module is None
    assert fitted.plan.frozen
    assert "probe is returned" in fitted.plan.reasons[-1]


def test_the_bar_knows_what_the_probe_that_stands_in_learns_from(demo, planned, shapes, monkeypatch):
    seen, bar, plan = [], room.Bar, planned(demo, 3)
    monkeypatch.setattr(room, "Bar", lambda *facts: seen.append(bar(*facts)) or seen[-1])
    fit(plan, demo, *shapes)
    dataset, parts = shapes
    kept, chosen = room.selection(dataset, parts, plan.seed)
    assert len(chosen) > 0
    assert [b.more for b in seen] == [len(parts.train) / len(kept)]


def test_the_probe_that_stands_in_sits_where_the_plan_says(demo, planned, shapes):
    plan = planned(demo, 3, fallback_cut="conv1+conv2", recipe={"lr": 1e-9})
    fitted = fit(plan, demo, *shapes)
    assert (fitted.plan.cut, fitted.plan.pool, fitted.plan.fallback_cut) == (("conv1", "conv2"), "avgstd", ())
    assert [row.stage for row in fitted.plan.rows] == ["conv1", "conv2"]
    alone = fit(planned(demo, 2, cut="conv1+conv2"), demo, *shapes)
    assert np.array_equal(fitted.head.layers[0][0], alone.head.layers[0][0])


def test_the_probe_at_the_plan_s_own_cut_pools_as_the_plan_does(demo, planned, shapes):
    plan = replace(planned(demo, 3, cut="conv2", recipe={"lr": 1e-9}), pool="avg")
    assert fit(plan, demo, *shapes).plan.pool == "avg"


def test_scratch_is_tried_where_fine_tuning_does_not_succeed(demo, planned, shapes):
    fitted = fit(planned(demo, 4, recipe={"lr": 1e-9}), demo, *shapes)
    assert [arm.name for arm in fitted.arms] == ["probe", "fine-tune", "scratch"]


def test_both_ways_are_tried_where_both_are_asked_for(demo, planned, shapes):
    fitted = fit(planned(demo, 4, fallback="both"), demo, *shapes)
    assert [arm.name for arm in fitted.arms] == ["probe", "fine-tune", "scratch"]
    assert sum(arm.chosen for arm in fitted.arms) == 1
    assert {row["phase"] for row in fitted.history} == {"fine-tune", "scratch"}


def test_random_weights_at_once_keep_what_was_asked_for(demo, planned, shapes):
    fitted = fit(planned(demo, 4, init="random"), demo, *shapes)
    assert [(arm.name, arm.chosen) for arm in fitted.arms] == [("probe", False), ("scratch", True)]
    assert fitted.module is not None


@pytest.mark.parametrize("case", [1, 3])
def test_two_layers_and_balanced_weights(case, demo, planned, shapes):
    plan = planned(demo, case, head_layers=2, class_weight="balanced")
    assert len(fit(plan, demo, *shapes).head.layers) == 2


def test_a_head_that_starts_at_random(demo, planned, shapes):
    assert fit(planned(demo, 1, head_init="random"), demo, *shapes).head.n_classes == 3


def test_a_plan_for_other_weights_is_refused(demo, planned, shapes):
    plan = replace(planned(demo, 1), weights_sha256="0" * 64)
    with pytest.raises(PlanError, match="other weights"):
        fit(plan, demo, *shapes)


def test_growing_pictures_are_refused_where_the_network_does_not_take_them(demo, planned, shapes):
    """demo-cnn's fully connected layers take 64 px and no other size; its convolutions take any."""
    recipe = {"start_size": 32, "optimizer": "muon"}
    with pytest.raises(PlanError, match=r"start_size is 32, which .* does not take up to its cut"):
        fit(planned(demo, 3, recipe=recipe), demo, *shapes)
    fitted = fit(planned(demo, 3, cut="conv3", recipe=recipe), demo, *shapes)
    assert [row["size"] for row in fitted.history] == [32, 64]


def test_joining_cuts_is_counted(counted, demo, planned, shapes):
    """Of many pictures it takes a while."""
    fit(planned(demo, 2, cut=demo.stage_names[:3]), demo, *shapes)
    assert counted["joining cuts"] == [3, 3]
