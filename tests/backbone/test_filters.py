"""First-layer filters: numpy and torch draw the same, and what ships beside a card is what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from headstart import backbone as networks
from headstart.backbone import folder as folders
from headstart.backbone.filters import first_filters, mosaic
from headstart.runtime import Execution, Trunk, start
from headstart.seeing.first_layer import first_weights


def _first(name: str, runtime: str) -> np.ndarray:
    network = networks.load(name)
    trunk = Trunk(network, network.stages, "map")
    weights = first_weights(trunk, start(trunk, Execution(runtime, device="cpu")))
    assert weights is not None
    return weights


@pytest.mark.parametrize("name", ["small", "lite0", "demo-cnn"])
def test_numpy_draws_what_torch_draws(name: str) -> None:
    drawn = first_filters(networks.build(networks.load(name)))
    np.testing.assert_array_equal(mosaic(_first(name, "openvino")), drawn)
    np.testing.assert_array_equal(mosaic(_first(name, "torch")), drawn)


@pytest.mark.parametrize("name", ["small", "demo-cnn"])
def test_what_ships_is_what_is_drawn(name: str) -> None:
    with Image.open(folders.SHIPPED / name / "filters.png") as shipped:
        np.testing.assert_array_equal(mosaic(_first(name, "openvino")), np.asarray(shipped.convert("RGB")))


def test_a_converted_network_has_the_filters_of_its_module(made) -> None:
    """Up to what conversion multiplies into them: each keeps its pattern."""
    network = made("resnet18")
    trunk = Trunk(network, network.stages, "map")
    converted = first_weights(trunk, start(trunk, Execution("openvino")))
    own = networks.build(network).conv1.weight.detach().numpy()
    assert converted is not None
    flat = [
        w.reshape(len(w), -1) / np.abs(w.reshape(len(w), -1)).max(axis=1, keepdims=True)
        for w in (converted, own)
    ]
    np.testing.assert_allclose(np.abs(flat[0]), np.abs(flat[1]), atol=2e-3)


def test_a_layer_that_sees_no_colours_is_not_drawn() -> None:
    assert mosaic(np.zeros((4, 1, 3, 3), np.float32)) is None
    assert mosaic(np.zeros((4, 3), np.float32)) is None


def test_filters_need_not_be_square() -> None:
    drawn = mosaic(np.ones((2, 3, 2, 5), np.float32), pixels=3)
    assert drawn is not None
    assert drawn.shape == (6 + 8, 2 * (15 + 4) + 4, 3)
