"""Weights from a file are asked which scale of input they have seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.backbone import scale
from headstart.backbone.demo_cnn import DemoCNN
from headstart.data.preprocess import Preprocess

IMAGENET, HALF, UNIT = scale.SCALES


def _trained_on(mean, std) -> DemoCNN:
    """A network whose statistics come from smooth colourful pictures on the given scale."""
    torch.manual_seed(1)
    network = DemoCNN(3)
    rng = np.random.default_rng(5)
    coarse = torch.from_numpy(rng.normal(0.45, 0.25, (64, 1, 12, 12)) + rng.normal(0, 0.07, (64, 3, 12, 12)))
    pixels = torch.nn.functional.interpolate(coarse, 64, mode="bicubic").clamp(0, 1)
    x = (pixels - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    network.conv1[2].momentum = None
    with torch.no_grad():
        network.train()(x.float())
    return network.eval()


@pytest.mark.parametrize("truth", scale.SCALES)
@pytest.mark.parametrize("claimed", scale.SCALES)
def test_the_scale_that_weights_were_trained_on_is_found(truth, claimed):
    preprocess = Preprocess(64, 64, "bicubic", *claimed)
    found = scale.seen(_trained_on(*truth), preprocess)
    assert found == replace(preprocess, mean=truth[0], std=truth[1])


def test_a_network_without_batch_normalisation_is_left_as_it_is():
    preprocess = Preprocess(64, 64, "bicubic", *HALF)
    assert scale.seen(torch.nn.Conv2d(3, 4, 3), preprocess) == preprocess
