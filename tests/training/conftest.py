"""A small source network and coloured shapes, as a user would have them."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from headstart import backbone, data
from headstart.backbone import Backbone, Source
from headstart.backbone import folder as folders
from headstart.backbone.demo_cnn import DemoCNN
from headstart.data.preprocess import Preprocess
from headstart.planning import cases
from headstart.planning.plan import Plan
from tests.cli.conftest import tree

SCALE = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Backbone:
    """demo-cnn's architecture with random weights, in a folder as `headstart pretrain` writes it."""
    folder = tmp_path_factory.mktemp("source")
    torch.manual_seed(3)
    source = Source("noise", 5, tuple("abcde"))
    card = folders.Card("demo-cnn", Preprocess(64, 64, "bicubic", *SCALE), source, "", {})
    folders.write(folder, DemoCNN(5), card)
    return backbone.load(str(folder))


@pytest.fixture(scope="session")
def resnet(tmp_path_factory) -> Backbone:
    """timm's resnet18 with random weights from a file, at 32 px."""
    file: Path = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    torch.manual_seed(3)
    save_file(timm.create_model("resnet18", num_classes=7).state_dict(), file)
    return backbone.load("timm:resnet18", weights=str(file), image_size=32)


@pytest.fixture(scope="session")
def shapes(tmp_path_factory):
    """(Dataset, Partition): 3 classes of 20 shapes, a fifth held out."""
    root = tree(tmp_path_factory.mktemp("shapes") / "data", names=("circle", "cross", "square"), each=20)
    dataset = data.load(root).dataset
    return dataset, data.partition(dataset, seed=0)


@pytest.fixture
def planned():
    """planned(backbone, case, **options) → a quick plan of that case."""

    def make(network: Backbone, case: int, **options) -> Plan:
        cut = options.pop("cut", network.stage_names[1] if case == 2 else None)
        recipe = {"epochs": 2, "batch_size": 16, **options.pop("recipe", {})}
        return cases.make(case, network, n=48, cut=cut, recipe=recipe, **options)

    return make
