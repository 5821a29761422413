"""One contract for every architecture: cuts, owners, tapping, slicing."""

from __future__ import annotations

import pytest
import torch

from headstart.backbone import HEAD, PRE_LOGITS, build
from headstart.backbone.taps import Tapped
from headstart.plan.plan import Plan, Row
from headstart.train import surgery
from tests.backbone.conftest import FAMILIES


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, made):
    backbone = made(request.param)
    return backbone, build(backbone)


def test_every_tensor_has_an_owner_among_the_stages(family):
    backbone, module = family
    names = {name for name, _ in module.named_parameters()} | {name for name, _ in module.named_buffers()}
    assert set(backbone.owners) == names
    assert set(backbone.owners.values()) <= {*backbone.stage_names, HEAD}


def test_only_the_classifier_belongs_to_the_head(family):
    backbone, _ = family
    heads = {name for name, stage in backbone.owners.items() if stage == HEAD}
    assert heads == {f"{backbone.head}.weight", f"{backbone.head}.bias"}


def test_stages_count_every_parameter_once(family):
    backbone, module = family
    total = sum(p.numel() for p in module.parameters())
    head = sum(p.numel() for n, p in module.named_parameters() if backbone.owners[n] == HEAD)
    assert sum(stage.parameters for stage in backbone.stages) + head == total


def test_last_cut_is_what_enters_the_classifier(family):
    backbone, module = family
    x = torch.randn(2, 3, backbone.preprocess.size, backbone.preprocess.size)
    assert backbone.top.name == PRE_LOGITS
    with torch.inference_mode():
        *_, features, logits = Tapped(module, backbone.stages, "avg", logits=True)(x)
        torch.testing.assert_close(module.get_submodule(backbone.head)(features).flatten(1), logits)
        torch.testing.assert_close(module(x), logits)


def test_widths_are_as_the_stages_say(family):
    backbone, module = family
    x = torch.randn(2, 3, backbone.preprocess.size, backbone.preprocess.size)
    for pool in ("avg", "avgstd"):
        with torch.inference_mode():
            outputs = Tapped(module, backbone.stages, pool)(x)
        assert [out.shape[1] for out in outputs] == [stage.width(pool) for stage in backbone.stages]


def test_a_network_sliced_in_the_middle_gives_the_same_features(family):
    backbone, module = family
    cut = backbone.stages[len(backbone.stages) // 2]
    kept = backbone.stage_names[: backbone.stage_names.index(cut.name) + 1]
    rows = tuple(Row(name, "pretrained", 0.0) for name in kept)
    plan = Plan(
        2, backbone.name, backbone.weights_sha256, rows, (cut.name,), "avgstd", backbone.preprocess.size
    )
    sliced = surgery.operate(plan, backbone, 3).eval()
    x = torch.randn(2, 3, backbone.preprocess.size, backbone.preprocess.size)
    with torch.inference_mode():
        (whole,) = Tapped(module, [cut], "avgstd")(x)
        (part,) = sliced.trunk(x)
    torch.testing.assert_close(part, whole)
    left = {name for name, _ in sliced.trunk.module.named_parameters()}
    assert left == {n for n, stage in backbone.owners.items() if stage in kept} & left
    assert all(stage in kept for name, stage in backbone.owners.items() if name in left)
    assert sum(p.numel() for p in sliced.trunk.module.parameters()) == sum(
        stage.parameters for stage in backbone.stages if stage.name in kept
    )
