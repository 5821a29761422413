"""Names to networks: what is listed, what is known without weights, what comes from the hub."""

from __future__ import annotations

import pytest
from huggingface_hub import constants

from headstart import backbone
from headstart.backbone import hub
from headstart.errors import BackboneError, OfflineError


@pytest.fixture
def offline(monkeypatch):
    """Whoever asks for weights or cards from elsewhere gets none."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def test_names_that_begin_with_the_filter_come_first():
    names = [entry.name.partition(":")[2] for entry in backbone.available("vgg")]
    begins = [name.startswith("vgg") for name in names]
    assert any(begins)
    assert not all(begins)
    assert begins == sorted(begins, reverse=True)


def test_a_network_is_listed_with_its_input_and_where_its_weights_are(monkeypatch):
    (entry,) = backbone.available("timm:resnet18.tv_in1k")
    assert (entry.image_size, entry.here, entry.note) == (224, False, "downloaded on first use")
    monkeypatch.setattr(hub, "has", lambda repository, file=None: repository == "timm/resnet18.tv_in1k")
    (entry,) = backbone.available("timm:resnet18.tv_in1k")
    assert (entry.here, entry.note) == (True, "on this machine")
    small, *_ = backbone.available("small")
    assert (small.name, small.image_size, small.here) == ("small", 64, True)


@pytest.mark.parametrize("name", ["small", "timm:resnet10t", "torchvision:squeezenet1_0"])
def test_parameters_are_counted_without_weights(name, offline):
    module = backbone.zoo.load(backbone.NetworkSpec(name), pretrained=False)[2]
    assert backbone.parameters(name) == sum(p.numel() for p in module.parameters())


def test_stages_do_not_hang_on_weights(offline):
    whole, drawn = backbone.load("small"), backbone.outline("small")
    assert drawn.stages == whole.stages
    assert drawn.preprocess == whole.preprocess
    assert drawn.weights_sha256 == ""
    assert backbone.outline("timm:resnet10t").stage_names[-1] == "pre_logits"
    with pytest.raises(OfflineError):
        backbone.load("timm:resnet10t")


def test_the_hub_out_of_reach_is_said_in_one_line(offline):
    with pytest.raises(OfflineError, match="owner/other: its files are not on this machine") as caught:
        backbone.load("timm:hf-hub:owner/other")
    assert "\n" not in str(caught.value)


def test_what_is_no_name_of_a_repository_is_refused():
    with pytest.raises(BackboneError, match="the hub has no timm network of that name"):
        backbone.load("timm:hf-hub:a/b/c/d")
    assert not backbone.here("timm:hf-hub:a/b/c/d")
