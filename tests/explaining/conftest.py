"""Models of networks of many kinds with heads of random weights, and pictures of noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from headstart import backbone as networks
from headstart.backbone import Backbone
from headstart.heads.head import Head
from headstart.heads.perceptron import initial
from headstart.model import Model
from headstart.planning import cases

BOXED = ("small", "lite0", "demo-cnn")


def model_of(
    network: Backbone, cut: str, pool: str, layers: int = 1, classes: int = 3, seed: int = 0
) -> Model:
    """A frozen network with a random head on its cuts."""
    case = 1 if network.top.name in cut.split("+") else 2
    plan = replace(cases.make(case, network, n=20, cut=cut, head_layers=layers), pool=pool)
    width = sum(stage.width(pool) for stage in network.stages if stage.name in plan.cut)
    numbers = initial(width, classes, layers, np.random.default_rng(seed))
    pairs = [(numbers[i].T.copy(), numbers[i + 1] + 0.5) for i in range(0, len(numbers), 2)]
    return Model(tuple(f"class {i}" for i in range(classes)), network, plan, Head(tuple(pairs)))


@pytest.fixture(scope="session")
def network(made: Callable[..., Backbone]) -> Callable[[str], Backbone]:
    """By name; ResNet at a size that leaves its last map more than one place."""

    def get(name: str) -> Backbone:
        if name in BOXED:
            return networks.load(name)
        return made(name, **({"image_size": 64} if name in ("resnet18", "convnext_atto") else {}))

    return get


def noise(network: Backbone, n: int = 2) -> np.ndarray:
    """Frames uint8 [n, S, S, 3]."""
    size = network.preprocess.size
    return np.random.default_rng(1).integers(0, 256, (n, size, size, 3), np.uint8)
