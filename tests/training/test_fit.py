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
from headstart.heads import head as heads
from headstart.heads import trial
from headstart.heads.head import Head
from headstart.intervals import wilson
from headstart.model import Model
from headstart.planning import toml
from headstart.training import fit as room
from headstart.training.fit import fit
from tests.cli.conftest import tree

CASES = (1, 2, 3, 4)


def _layers(head: Head) -> list[np.ndarray]:
    return [array for layer in head.layers for array in layer]


@pytest.mark.parametrize("case", CASES)
def test_the_same_seed_gives_the_same_numbers(case, demo, planned, shapes):
    first, second = (fit(planned(demo, case), demo, *shapes) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(_layers(first.head), _layers(second.head), strict=True))
    assert first.arms == second.arms
    assert [replace(epoch, seconds=0.0) for epoch in first.history] == [
        replace(epoch, seconds=0.0) for epoch in second.history
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


def test_what_other_pictures_or_another_training_made_expect_does_not_count(demo, planned, shapes, said):
    """As many right as the probe has: a gain that was expected of something else keeps no training."""
    dataset, parts = shapes
    own = replace(
        planned(demo, 3, gain=(0.3, 0.01), learning_exponent=0.4), pictures=parts.pictures_of(dataset)
    )
    assert room.foretold(own, dataset, parts) == own
    edits = {
        "recipe": own.with_recipe(lr=1e-9),
        "rows": replace(own, rows=(replace(own.rows[0], lr_scale=0.0), *own.rows[1:])),
        "pool": replace(own, pool="avg" if own.pool == "avgstd" else "avgstd"),
        "fallback_cut": replace(own, fallback_cut=("conv1",)),
        "by hand": replace(own, gain_of=""),
    }
    for edited in edits.values():
        found = room.foretold(edited, dataset, parts)
        assert (found.gain, found.learning_exponent) == ((), 0.4)
        why = (
            "is of another training than the plan's rows, cut, head and recipe now say"
            if edited.gain_of
            else "does not say of which training it is told (gain_of)"
        )
        assert said.pop() == (
            f"the plan's gain {why}: it does not count, and the selection pictures alone decide what is kept"
        )
    for pictures in ("", "0" * 16):
        found = room.foretold(replace(own, pictures=pictures), dataset, parts)
        assert (found.gain, found.learning_exponent) == ((), 0)
        assert "measured on other training pictures" in said.pop()
    assert room.foretold(replace(own, seed=1, reasons=("another",)), dataset, parts).gain == own.gain
    read = toml.loads(toml.dumps(own))
    assert room.foretold(read, dataset, parts) == own


@pytest.mark.parametrize("edit", ["recipe", "pictures"])
def test_an_edited_plan_keeps_no_training_for_an_old_gain(demo, planned, shapes, edit):
    dataset, parts = shapes
    idle = {"lr": 1e-9, "epochs": 1}
    plan = planned(demo, 3, gain=(0.9, 0.01), recipe={} if edit == "recipe" else idle)
    plan = replace(plan, pictures="0" * 16 if edit == "pictures" else parts.pictures_of(dataset))
    fitted = fit(plan.with_recipe(**idle), demo, dataset, parts)
    assert [arm.name for arm in fitted.arms if arm.chosen] == ["probe"]
    assert "expected" not in fitted.arms[1].note


def test_a_probe_tells_on_which_pictures_it_was_cross_validated(demo, planned, tmp_path, monkeypatch):
    """A part of them where there are many: accuracy, interval and number are all of that part, by its groups."""
    root = tree(tmp_path / "data", names=("circle", "cross"), each=30)
    dataset = data.load(root).dataset
    dataset = replace(dataset, groups=np.arange(len(dataset)) // 3)
    parts = data.partition(dataset, seed=0)
    plan = planned(demo, 1)
    (whole,) = fit(plan, demo, dataset, parts).arms
    assert (whole.n, whole.groups) == (len(parts.train), len(np.unique(dataset.groups[parts.train])))
    assert whole.note == "logistic regression, cross-validated on the training pictures"
    monkeypatch.setattr(trial, "CV_LIMIT", 20)
    (part,) = fit(plan, demo, dataset, parts).arms
    assert 12 <= part.n < len(parts.train)
    assert part.groups == part.n // 3
    assert part.note == f"logistic regression, cross-validated on a part of the {whole.n} training pictures"
    for arm in (whole, part):
        assert arm.interval is not None
        low, high = wilson(round(arm.accuracy * arm.n), arm.n)
        assert arm.interval[1] - arm.interval[0] > high - low


def test_too_few_pictures_to_cross_validate_are_said_to_be_too_few(demo, planned, tmp_path):
    dataset = data.load(tree(tmp_path / "data", each=5)).dataset
    (arm,) = fit(planned(demo, 1), demo, dataset, data.partition(dataset, seed=0)).arms
    assert (arm.accuracy, arm.interval, arm.note) == (None, None, "too few pictures to cross-validate")


def test_the_bar_knows_what_the_probe_that_stands_in_learns_from(demo, planned, shapes, monkeypatch):
    seen, bar, plan = [], room.FrozenProbe, planned(demo, 3)
    monkeypatch.setattr(room, "FrozenProbe", lambda *facts: seen.append(bar(*facts)) or seen[-1])
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
    fitted = fit(planned(demo, 4, init="pretrained", recipe={"lr": 1e-9}), demo, *shapes)
    assert [arm.name for arm in fitted.arms] == ["probe", "fine-tune", "scratch"]


def test_both_ways_are_tried_where_both_are_asked_for(demo, planned, shapes):
    fitted = fit(planned(demo, 4, init="pretrained", fallback="both"), demo, *shapes)
    assert [arm.name for arm in fitted.arms] == ["probe", "fine-tune", "scratch"]
    assert sum(arm.chosen for arm in fitted.arms) == 1
    assert {epoch.phase for epoch in fitted.history} == {"fine-tune", "scratch"}


def test_random_weights_without_a_fall_back_keep_what_was_asked_for(demo, planned, shapes):
    fitted = fit(planned(demo, 4, fallback="none"), demo, *shapes)
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
    assert [epoch.size for epoch in fitted.history] == [32, 64]


def test_joining_cuts_is_counted(counted, demo, planned, shapes):
    """Of many pictures it takes a while."""
    fit(planned(demo, 2, cut=demo.stage_names[:3]), demo, *shapes)
    assert counted["joining cuts"] == [3, 3]
