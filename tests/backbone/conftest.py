"""Backbones of many families with random weights, given as a user gives them: by --weights FILE."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from headstart import backbone

# name → (input size, --model-kwargs); one of each way of building networks, VGG and ResNet by name.
FAMILIES = {
    "vgg11_bn": (64, {}),
    "vgg16": (32, {}),
    "resnet18": (64, {}),
    "resnet50": (64, {}),
    "mobilenetv2_100": (64, {"pad_type": "same"}),
    "mobilenetv3_small_050": (64, {}),
    "efficientnet_lite0": (64, {}),
    "densenet121": (64, {}),
    "convnext_atto": (64, {}),
    "vit_tiny_patch16_224": (224, {}),
    "swin_tiny_patch4_window7_224": (224, {}),
    "regnety_002": (64, {}),
    "inception_v3": (128, {}),
    "mixer_s32_224": (224, {}),
}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """make(name) → Backbone of the family, with random weights from a file."""
    folder = tmp_path_factory.mktemp("weights")

    def make(name: str, **options) -> backbone.Backbone:
        size, kwargs = FAMILIES[name]
        file: Path = folder / f"{name}.safetensors"
        if not file.exists():
            torch.manual_seed(0)
            save_file(timm.create_model(name, pretrained=False, **kwargs).state_dict(), file)
        return backbone.load(
            f"timm:{name}", weights=str(file), model_kwargs=kwargs, **{"image_size": size, **options}
        )

    return make
