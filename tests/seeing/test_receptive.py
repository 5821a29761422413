"""A receptive field: nothing outside of it is heard, and it is as wide as its layers make it."""

from __future__ import annotations

import numpy as np
import pytest

from headstart import backbone as networks
from headstart.runtime import Execution, Trunk
from headstart.seeing.feature_maps import FeatureMaps, laid_out
from headstart.seeing.receptive import Field, fields, stride

BOXED = ("small", "lite0", "demo-cnn")
FAMILIES = {
    "vgg11_bn": 64,
    "resnet50": 96,
    "mobilenetv2_100": 96,
    "mobilenetv3_small_050": 64,
    "densenet121": 64,
    "convnext_atto": 96,
    "regnety_002": 64,
    "inception_v3": 139,
}
TOKENS = ("vit_tiny_patch16_224", "swin_tiny_patch4_window7_224", "mixer_s32_224")
ROUNDING = 1e-4  # of a stage's greatest value


def _network(name: str, made) -> FeatureMaps:
    if name in BOXED:
        network = networks.load(name, image_size=64 if name == "demo-cnn" else 96)
    else:
        network = made(name, **({"image_size": FAMILIES[name]} if name in FAMILIES else {}))
    return FeatureMaps.through(Trunk(network, network.stages), Execution(device="cpu"))


def _noise(network: FeatureMaps, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, network.size, network.size, 3), np.uint8)


@pytest.mark.parametrize("name", [*BOXED, *FAMILIES, *TOKENS])
def test_what_lies_outside_changes_nothing_and_what_lies_inside_does(name: str, made) -> None:
    network = _network(name, made)
    found = fields(network)
    base, other = _noise(network, 2, seed=5)
    rng = np.random.default_rng(1)
    before = network.at(base[None])
    for stage, x in zip(network.stages, before, strict=True):
        field, least = found[stage.name], ROUNDING * np.abs(x).max()
        for _ in range(2):
            row, column = (int(v) for v in rng.integers(0, x.shape[2], 2))
            (top, bottom), (left, right) = field.span(row, network.size), field.span(column, network.size)
            inside = np.s_[top:bottom, left:right]
            outer, inner = other.copy(), base.copy()
            outer[inside], inner[inside] = base[inside], other[inside]
            place = network.stages.index(stage)
            kept, changed = network.at(np.stack([outer, inner]))[place][:, :, row, column]
            np.testing.assert_allclose(kept, x[0, :, row, column], atol=least, err_msg=stage.name)
            assert np.abs(changed - x[0, :, row, column]).max() > least, stage.name


def _arithmetic(layers: list[tuple[int, int]]) -> int:
    """The field of layers of (kernel, stride), one after the other (Araujo et al. 2019)."""
    size, step = 1, 1
    for kernel, stride_of in layers:
        size, step = size + (kernel - 1) * step, step * stride_of
    return size


def test_fields_are_as_wide_as_their_layers_make_them() -> None:
    """demo-cnn: a convolution, then a maximum of 2 × 2, three times."""
    network = networks.load("demo-cnn")
    found = fields(FeatureMaps.through(Trunk(network, network.stages)))
    kernels = [network_kernel(name) for name in ("conv1", "conv2", "conv3")]
    layers: list[tuple[int, int]] = []
    for name, kernel, step in zip(("conv1", "conv2", "conv3"), kernels, (2, 1, 1), strict=True):
        layers += [(kernel, step), (2, 2)]
        assert found[name].size == _arithmetic(layers)
    assert found["fc1"].whole


def network_kernel(name: str) -> int:
    from headstart.backbone import boxed

    return boxed.tensors("demo-cnn")[f"{name}.0.weight"].shape[2]


def test_lite0s_first_groups_are_as_wide_as_their_layers_make_them() -> None:
    network = networks.load("lite0")
    found = fields(FeatureMaps.through(Trunk(network, network.stages)))
    layers = [(3, 2), (3, 1)]  # the stem, the first depthwise convolution
    assert found["blocks.0"].size == _arithmetic(layers)
    layers += [(3, 2), (3, 1)]
    assert found["blocks.1"].size == _arithmetic(layers)
    layers += [(5, 2), (5, 1)]
    assert found["blocks.2"].size == _arithmetic(layers)


def test_random_stacks_of_layers_have_the_field_of_their_arithmetic() -> None:
    import torch
    from torch import nn

    rng = np.random.default_rng(0)
    for trial in range(6):
        torch.manual_seed(trial)
        layers = [(int(rng.integers(1, 6)), int(rng.integers(1, 3))) for _ in range(3)]
        width, modules = 3, []
        for kernel, step in layers:
            modules += [nn.Conv2d(width, 8, kernel, step, kernel // 2), nn.LeakyReLU(0.3)]
            width = 8
        module = nn.Sequential(
            nn.Sequential(*modules), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)
        )
        plain = {"size": 64, "resize": 64, "interpolation": "bilinear", "mean": (0.5,) * 3, "std": (0.5,) * 3}
        network = networks.backbone_of(module, preprocess=plain, taps=["0"])
        stage = network.stages[0]
        field = fields(FeatureMaps.through(Trunk(network, [stage])))["0"]
        assert field.size == _arithmetic(layers), layers
        assert field.stride == np.prod([step for _, step in layers])


@pytest.mark.parametrize("name", ["small", "lite0"])
def test_a_core_lies_within_its_field(name: str) -> None:
    network = networks.load(name)
    for field in fields(FeatureMaps.through(Trunk(network, network.stages))).values():
        if field.stride and not field.whole:
            assert field.offset <= field.core_offset
            assert field.core_offset + field.core_size <= field.offset + field.size


def test_a_span_is_clipped_by_the_picture() -> None:
    field = Field(stride=8, offset=-10, size=27, whole=False, core_offset=-2, core_size=9)
    assert field.span(0, 64) == (0, 17)
    assert field.span(3, 64) == (14, 41)
    assert field.span(7, 64) == (46, 64)
    assert field.span(3, 64, core=True) == (22, 31)
    assert Field(8, 0, 0, True, -2, 9).span(3, 64) == (0, 64)


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        (224, 112, 2),
        (225, 113, 2),
        (100, 12, 8),
        (100, 13, 8),
        (100, 4, 32),
        (96, 32, 3),
        (50, 2, 32),
        (64, 64, 1),
    ],
)
def test_the_stride_is_that_of_halvings(size: int, side: int, expected: int) -> None:
    assert stride(size, side) == expected


def test_tokens_are_laid_out_without_those_before_the_patches() -> None:
    from headstart.backbone import Stage

    tokens = np.arange(2 * 3 * 17, dtype=np.float32).reshape(2, 3, 1, 17)
    x = laid_out(tokens, Stage("t", "t", 3, "NLC", 0, 0))
    assert x.shape == (2, 3, 4, 4)
    assert x[0, 0, 0, 0] == tokens[0, 0, 0, 1]
