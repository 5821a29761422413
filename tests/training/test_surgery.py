"""Surgery: what is dropped, what is drawn anew, what is refused, and that any legal table trains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.errors import PlanError
from headstart.planning.plan import Row
from headstart.training import surgery
from headstart.training.fit import fit


def _state(network) -> dict[str, torch.Tensor]:
    return network.trunk.module.state_dict()


def _owned(backbone, tensors, stage: str) -> list[str]:
    return [name for name in tensors if backbone.owners[name] == stage]


def _first_kept(plan, n: int):
    """Yosinski's AnB: the first n stages pre-trained and frozen, the rest random and trained."""
    rows = tuple(
        Row(row.stage, "pretrained", 0.0) if place < n else Row(row.stage, "random", 1.0)
        for place, row in enumerate(plan.rows)
    )
    return replace(plan, case=0, rows=rows, fallback="none")


def test_dropped_stages_hold_neither_parameters_nor_buffers(resnet, planned):
    network = surgery.operate(planned(resnet, 2, cut="layer2"), resnet, 3)
    kept = {row.stage for row in planned(resnet, 2, cut="layer2").rows}
    names = [name for name, _ in network.trunk.module.named_parameters()]
    names += [name for name, _ in network.trunk.module.named_buffers()]
    assert {resnet.owners[name] for name in names} == {
        stage for stage in kept if stage in resnet.owners.values()
    }
    assert not list(network.trunk.module.get_submodule("layer4").parameters())
    assert not list(network.trunk.module.get_submodule(resnet.head).parameters())


@pytest.mark.parametrize("which", ["demo", "resnet"])
def test_what_is_left_counts_as_the_stages_say(which, request, planned):
    backbone = request.getfixturevalue(which)
    for cut in backbone.stage_names:
        plan = planned(backbone, 1 if cut == backbone.top.name else 2, cut=cut)
        network = surgery.operate(plan, backbone, 3)
        trunk = sum(parameter.numel() for parameter in network.trunk.module.parameters())
        assert trunk == sum(backbone.stage(row.stage).parameters for row in plan.rows)


@pytest.mark.parametrize("pool", ["avg", "avgstd"])
def test_every_cut_gives_logits(pool, resnet, planned):
    x = torch.zeros(2, 3, 32, 32)
    for cut in [*resnet.stage_names, "layer1+layer3"]:
        plan = replace(planned(resnet, 1 if cut == resnet.top.name else 2, cut=cut), pool=pool)
        assert surgery.operate(plan, resnet, 3)(x).shape == (2, 3)


def test_random_rows_differ_from_the_pretrained_and_follow_the_seed(resnet, planned):
    plan = _first_kept(planned(resnet, 3), 3)
    pretrained = _state(surgery.operate(planned(resnet, 3), resnet, 3))
    first, again, other = (_state(surgery.operate(replace(plan, seed=seed), resnet, 3)) for seed in (0, 0, 1))
    for row in plan.rows:
        for name in _owned(resnet, first, row.stage):
            assert torch.equal(first[name], again[name])
            if row.init == "pretrained":
                assert torch.equal(first[name], pretrained[name])
            elif name.endswith("conv1.weight"):
                assert not torch.equal(first[name], pretrained[name])
                assert not torch.equal(first[name], other[name])


def test_from_scratch_owes_nothing_to_the_weights(demo, planned):
    pretrained = _state(surgery.operate(planned(demo, 3), demo, 3))
    scratch = _state(surgery.operate(planned(demo, 4, init="random"), demo, 3))
    for name, tensor in scratch.items():
        if tensor.ndim > 1:
            assert not torch.equal(tensor, pretrained[name]), name


def test_the_head_follows_the_seed(demo, planned):
    plans = [replace(planned(demo, 3), seed=seed) for seed in (0, 0, 1)]
    first, again, other = (surgery.operate(plan, demo, 3).head.state_dict()["weight"] for plan in plans)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_surgery_leaves_the_global_random_state_alone(demo, planned):
    before = torch.get_rng_state()
    surgery.operate(_first_kept(planned(demo, 3), 2), demo, 3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("n", [1, 2])
def test_the_first_n_kept_and_the_rest_random_trains(n, demo, planned, shapes):
    plan = _first_kept(planned(demo, 3), n)
    pretrained = _state(surgery.operate(planned(demo, 3), demo, 3))
    start = _state(surgery.operate(plan, demo, 3))
    fitted = fit(plan, demo, *shapes)
    assert fitted.module is not None
    assert [arm.name for arm in fitted.arms if arm.chosen] == ["fine-tune"]
    trained = fitted.module.state_dict()
    for place, row in enumerate(plan.rows):
        for name in _owned(demo, trained, row.stage):
            if place < n:
                assert torch.equal(trained[name], pretrained[name]), name
            else:
                assert not torch.equal(trained[name], start[name]), name


def test_random_and_frozen_is_refused_by_name(demo, planned):
    plan = planned(demo, 3)
    rows = tuple(Row(r.stage, "random", 0.0) if r.stage == "conv2" else r for r in plan.rows)
    with pytest.raises(PlanError, match=r"row 'conv2' is random and frozen"):
        surgery.operate(replace(plan, rows=rows), demo, 3)


def test_a_row_above_the_cut_is_refused_by_name(demo, planned):
    plan = planned(demo, 2, cut="conv2")
    rows = (*plan.rows, Row("conv3", "pretrained", 0.0))
    with pytest.raises(PlanError, match=r"row 'conv3' lies above the cut 'conv2'"):
        surgery.operate(replace(plan, rows=rows), demo, 3)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_head_goes_in_and_comes_out_the_same(layers):
    torch.manual_seed(0)
    source, target = (surgery.linear_head(6, 3, layers) for _ in range(2))
    surgery.implant(surgery.extract(source), target)
    x = torch.randn(5, 6)
    with torch.inference_mode():
        assert torch.equal(source(x), target(x))
        np.testing.assert_allclose(surgery.extract(target).logits(x.numpy()), source(x).numpy(), atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_softened_head_names_the_same_and_is_less_sure(layers):
    torch.manual_seed(0)
    source, target = (surgery.linear_head(6, 3, layers) for _ in range(2))
    surgery.implant(surgery.extract(source), target, scale=0.1)
    x = torch.randn(5, 6)
    with torch.inference_mode():
        torch.testing.assert_close(target(x), 0.1 * source(x))


def test_every_trained_parameter_has_one_rate_and_vectors_do_not_decay(resnet, planned):
    plan = planned(resnet, 3)
    network = surgery.operate(plan, resnet, 3)
    groups = surgery.parameter_groups(network, plan, resnet)
    found = {id(p): (group.scale, group.decay) for group in groups for p in group.params}
    assert len(found) == sum(len(group.params) for group in groups) == len(list(network.parameters()))
    for name, parameter in network.trunk.module.named_parameters():
        scale = plan.row(resnet.owners[name]).lr_scale
        assert found[id(parameter)] == (scale, parameter.ndim > 1)
    assert found[id(network.head.weight)] == (1.0, True)
    assert found[id(network.head.bias)] == (1.0, False)
