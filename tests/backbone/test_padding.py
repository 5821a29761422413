"""Weights from a file are asked which padding they were trained with."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from headstart import backbone
from headstart.backbone import padding

OPTIONS = {"same": {"pad_type": "same", "bn_eps": 1e-3}, "": {"pad_type": ""}}
STARTS = {"same": {}, "": {"pad_type": "same"}}  # the other padding
MEAN_AND_STD = {"mean": (0.5,) * 3, "std": (0.5,) * 3}  # given, so that they are not asked for


def _turned(module: nn.Module) -> nn.Module:
    """The network that would have learnt from pictures standing on their heads, mirrored."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.data = layer.weight.data.flip(2, 3)
    return module


def _leaning(name: str, towards: int) -> dict[str, torch.Tensor]:
    """A state whose strided filters lean right and down (1), left and up (-1), or nowhere (0)."""
    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=4)
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2) and layer.kernel_size[0] > 1:
            ramp = 1 + 0.1 * towards * torch.linspace(-1, 1, layer.kernel_size[0])
            layer.weight.data *= ramp[:, None] * ramp
    return module.state_dict()


def test_trained_filters_tell_their_padding() -> None:
    """`small` was trained with both sides alike; turned round, it is what TensorFlow's padding would have made."""
    small = backbone.build(backbone.load("small"))
    assert padding.seen(small) is None
    assert padding.seen(_turned(small)) == "same"


@pytest.mark.parametrize(
    "name", ["mobilenetv2_050", "tf_efficientnet_lite0", "resnet26", "mobilenetv3_small_050"]
)
def test_random_weights_tell_nothing(name: str) -> None:
    for seed in range(3):
        torch.manual_seed(seed)
        assert padding.seen(timm.create_model(name)) is None


@pytest.mark.parametrize("trained", ["same", ""])
def test_a_network_is_made_with_the_padding_that_its_weights_tell(trained: str, tmp_path: Path, said) -> None:
    name, file = "timm:mobilenetv2_035", str(tmp_path / "weights.safetensors")
    save_file(_leaning("mobilenetv2_035", -1 if trained else 1), file)
    start = "tf_mobilenetv3_small_minimal_100" if not trained else "mobilenetv2_035"
    if not trained:  # timm's networks of TensorFlow's have its padding by themselves
        name = f"timm:{start}"
        save_file(_leaning(start, 1), file)
    found = backbone.load(name, weights=file, preprocess=MEAN_AND_STD, image_size=32)
    assert found.model_kwargs == OPTIONS[trained]
    assert f"pad_type={trained}" in said[0]
    assert "overrules" in said[0]
    with torch.inference_mode():
        x = torch.randn(2, 3, 32, 32)
        again = timm.create_model(start, num_classes=4, **OPTIONS[trained]).eval()
        again.load_state_dict(backbone.build(found).state_dict())
        torch.testing.assert_close(backbone.build(found)(x), again(x))


@pytest.mark.parametrize(("towards", "given"), [(1, {}), (0, {}), (-1, {"pad_type": ""})])
def test_what_agrees_or_is_given_stays(towards: int, given: dict[str, str], tmp_path: Path, said) -> None:
    file = str(tmp_path / "weights.safetensors")
    save_file(_leaning("mobilenetv2_035", towards), file)
    more = {"preprocess": MEAN_AND_STD, "image_size": 64}
    found = backbone.load("timm:mobilenetv2_035", weights=file, model_kwargs=given, **more)
    assert found.model_kwargs == given
    assert said == []


def test_a_network_that_has_no_such_option_says_what_it_lacks(tmp_path: Path, said) -> None:
    file = str(tmp_path / "weights.safetensors")
    save_file(_leaning("resnet10t", -1), file)
    found = backbone.load("timm:resnet10t", weights=file, preprocess=MEAN_AND_STD, image_size=64)
    assert found.model_kwargs == {}
    assert "were trained with TensorFlow's padding, which timm:resnet10t has no option for" in said[0]


def test_tensorflows_own_weights_are_known(shared: Path, said) -> None:
    file = str(shared / "weights" / "mobilenetv2_100.safetensors")
    found = backbone.load("timm:mobilenetv2_100", weights=file)
    assert found.model_kwargs == OPTIONS["same"]
    assert found.preprocess.mean == (0.5, 0.5, 0.5)
    assert "pad_type=same" in said[0]
