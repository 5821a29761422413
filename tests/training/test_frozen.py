"""Frozen means frozen: parameters *and* buffers, to the byte."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.planning.plan import Row
from headstart.training import loop, surgery
from headstart.training.batches import Pictures
from headstart.training.loop import Settings, Task


def _task(backbone, shapes) -> Task:
    dataset, parts = shapes
    return Task(
        Pictures(dataset.paths, backbone.preprocess, 1),
        backbone.preprocess,
        dataset.labels,
        parts.train,
        np.empty(0, np.int64),
    )


def _trained(backbone, plan, shapes):
    """(network after training, its tensors before)."""
    network = surgery.operate(plan, backbone, 3)
    before = {name: tensor.clone() for name, tensor in network.trunk.module.state_dict().items()}
    groups = surgery.parameter_groups(network, plan, backbone)
    loop.train(network, groups, _task(backbone, shapes), plan.recipe, 0, Settings(), "training")
    return network, before


def _moved(network, before) -> set[str]:
    now = network.trunk.module.state_dict()
    return {name for name in before if not torch.equal(now[name], before[name])}


@pytest.mark.parametrize("which", ["demo", "resnet"])
@pytest.mark.parametrize("frozen", [1, 2])
def test_frozen_stages_are_byte_equal_after_training(which, frozen, request, planned, shapes):
    backbone = request.getfixturevalue(which)
    plan = planned(backbone, 3)
    rows = tuple(replace(r, lr_scale=0.0) if i < frozen else r for i, r in enumerate(plan.rows))
    network, before = _trained(backbone, replace(plan, rows=rows), shapes)
    asleep = {row.stage for row in rows if row.frozen}
    moved = _moved(network, before)
    assert not [name for name in moved if backbone.owners[name] in asleep]
    awake = {backbone.owners[name] for name in moved}
    assert awake == {row.stage for row in rows if not row.frozen and _holds(backbone, row.stage)}
    assert any("running_mean" in name for name in moved)  # trained batch normalisation does move


def _holds(backbone, stage: str) -> bool:
    return stage in backbone.owners.values()


def test_a_frozen_stage_above_a_trained_one_rests_and_lets_the_gradient_through(demo, planned, shapes):
    plan = planned(demo, 3)
    rows = tuple(replace(r, lr_scale=0.0) if r.stage == "conv2" else r for r in plan.rows)
    network, before = _trained(demo, replace(plan, rows=rows), shapes)
    owners = {demo.owners[name] for name in _moved(network, before)}
    assert "conv2" not in owners
    assert "conv1" in owners


def test_train_mode_leaves_frozen_modules_in_eval(resnet, planned):
    plan = planned(resnet, 3)
    rows = (replace(plan.rows[0], lr_scale=0.0), replace(plan.rows[1], lr_scale=0.0), *plan.rows[2:])
    network = surgery.operate(replace(plan, rows=rows), resnet, 3).train()
    module = network.trunk.module
    assert not module.get_submodule("bn1").training
    assert not module.get_submodule("layer1.0.bn1").training
    assert module.get_submodule("layer2.0.bn1").training


def test_frozen_parameters_enter_no_optimizer(resnet, planned):
    plan = planned(resnet, 3)
    rows = (replace(plan.rows[0], lr_scale=0.0), *plan.rows[1:])
    network = surgery.operate(replace(plan, rows=rows), resnet, 3)
    inside = {
        id(p)
        for group in surgery.parameter_groups(network, replace(plan, rows=rows), resnet)
        for p in group.params
    }
    for name, parameter in network.trunk.module.named_parameters():
        assert (id(parameter) in inside) == (resnet.owners[name] != plan.rows[0].stage)
        assert parameter.requires_grad == (id(parameter) in inside)


def test_random_rows_follow_the_seed_and_leave_the_others(demo, planned):
    plan = planned(demo, 3)
    rows = tuple(
        Row(r.stage, "random", 1.0) if i > 1 else replace(r, lr_scale=0.0) for i, r in enumerate(plan.rows)
    )
    first, again, other = (
        surgery.operate(replace(plan, rows=rows, seed=seed), demo, 3).trunk.module.state_dict()
        for seed in (0, 0, 1)
    )
    kept = surgery.operate(plan, demo, 3).trunk.module.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert torch.equal(first["conv1.0.weight"], kept["conv1.0.weight"])
    assert not torch.equal(first["conv3.0.weight"], kept["conv3.0.weight"])
    assert not torch.equal(first["conv3.0.weight"], other["conv3.0.weight"])


def test_dropped_stages_hold_nothing(demo, planned):
    network = surgery.operate(planned(demo, 2, cut="conv2"), demo, 3)
    assert {demo.owners[name] for name in network.trunk.module.state_dict()} == {"conv1", "conv2"}
