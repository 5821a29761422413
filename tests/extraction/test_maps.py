"""maps(): what a network says at every place; its mean is what pooling says of it."""

from __future__ import annotations

import numpy as np
import pytest

from headstart import backbone as networks
from headstart.extraction.maps import maps
from headstart.runtime import Execution, Trunk, start

NAMES = [
    "small",
    "lite0",
    "demo-cnn",
    "resnet18",
    "convnext_atto",
    "vit_tiny_patch16_224",
    "swin_tiny_patch4_window7_224",
]
SEED = 3


def _network(name, made):
    return networks.load(name) if name in ("small", "lite0", "demo-cnn") else made(name)


def _pictures(size):
    return list(np.random.default_rng(SEED).integers(0, 256, (3, size, size, 3), np.uint8))


@pytest.mark.parametrize("runtime", ["openvino", "torch"])
@pytest.mark.parametrize("name", NAMES)
def test_the_mean_of_a_map_is_the_pooled_cut(name, runtime, made):
    network = _network(name, made)
    trunk, how = Trunk(network, network.stages, "avg"), Execution(runtime, device="cpu")
    pictures = _pictures(network.preprocess.size)
    (seen,) = maps(pictures, trunk, execution=how)
    (pooled,) = start(trunk, how).stream([np.stack(pictures)])
    for stage, at, mean in zip(network.stages, seen, pooled, strict=True):
        assert at.ndim == 4
        assert (
            at.shape[2] * at.shape[3] > 1 or not stage.spatial or stage.reduction >= network.preprocess.size
        )
        np.testing.assert_allclose(at.mean((2, 3)), mean, rtol=2e-3, atol=2e-4)
