"""One contract for every architecture: cuts, owners, tapping, slicing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from headstart.backbone import HEAD, PRE_LOGITS, Backbone, build
from headstart.backbone.taps import Tapped
from headstart.planning.plan import Plan, Row
from headstart.training import surgery
from tests.conftest import FAMILIES


@dataclass(frozen=True)
class Family:
    """A network and what one pass through all its taps gave."""

    backbone: Backbone
    module: nn.Module
    x: torch.Tensor
    plain: torch.Tensor
    outputs: tuple[torch.Tensor, ...]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, made) -> Family:
    backbone = made(request.param)
    module = build(backbone)
    torch.manual_seed(1)
    x = torch.randn(2, 3, backbone.preprocess.size, backbone.preprocess.size)
    with torch.inference_mode():
        plain = module(x)
        outputs = Tapped(module, backbone.stages, "avgstd", logits=True)(x)
    return Family(backbone, module, x, plain, outputs)


def test_every_tensor_has_an_owner_among_the_stages(family):
    module, owners = family.module, family.backbone.owners
    names = {name for name, _ in module.named_parameters()} | {name for name, _ in module.named_buffers()}
    assert set(owners) == names
    assert set(owners.values()) <= {*family.backbone.stage_names, HEAD}


def test_only_the_classifier_belongs_to_the_head(family):
    heads = {name for name, stage in family.backbone.owners.items() if stage == HEAD}
    assert heads == {f"{family.backbone.head}.weight", f"{family.backbone.head}.bias"}


def test_stages_count_every_parameter_once(family):
    backbone, module = family.backbone, family.module
    total = sum(p.numel() for p in module.parameters())
    head = sum(p.numel() for n, p in module.named_parameters() if backbone.owners[n] == HEAD)
    assert sum(stage.parameters for stage in backbone.stages) + head == total


def test_tapping_changes_nothing_and_the_last_cut_enters_the_classifier(family):
    *_, features, logits = family.outputs
    torch.testing.assert_close(logits, family.plain)
    assert family.backbone.top.name == PRE_LOGITS
    classifier = family.module.get_submodule(family.backbone.head)
    with torch.inference_mode():
        torch.testing.assert_close(classifier(features).flatten(1), logits)


def test_widths_are_as_the_stages_say(family):
    widths = [stage.width("avgstd") for stage in family.backbone.stages]
    assert [output.shape[1] for output in family.outputs[:-1]] == widths
    assert family.outputs[-1].shape[1] == family.backbone.source.num_classes == 10


def test_a_network_sliced_in_the_middle_gives_the_same_features(family):
    backbone = family.backbone
    place = len(backbone.stages) // 2
    cut, kept = backbone.stages[place], backbone.stage_names[: place + 1]
    rows = tuple(Row(name, "pretrained", 0.0) for name in kept)
    size = backbone.preprocess.size
    plan = Plan(2, backbone.name, backbone.weights_sha256, rows, (cut.name,), "avgstd", size)
    sliced = surgery.operate(plan, backbone, 3).eval()
    with torch.inference_mode():
        (part,) = sliced.trunk(family.x)
    torch.testing.assert_close(part, family.outputs[place])
    left = [name for name, _ in sliced.trunk.module.named_parameters()]
    assert all(backbone.owners[name] in kept for name in left)
    count = sum(stage.parameters for stage in backbone.stages if stage.name in kept)
    assert sum(p.numel() for p in sliced.trunk.module.parameters()) == count
