"""The random control is fair: batch normalisation has seen pictures, residual branches are on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from headstart.backbone import untrained_copy
from headstart.backbone.noise import natural, pictures
from headstart.data.preprocess import Preprocess


def test_statistics_are_estimated_and_branches_switched_on(made):
    module = untrained_copy(made("resnet18"), 0)
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms
    assert not any(layer.training for layer in norms)
    assert all(layer.running_mean is not None and layer.running_mean.abs().sum() > 0 for layer in norms)
    assert all(layer.weight.abs().min() > 0 for layer in norms)


def test_a_draw_is_decided_by_its_number(made):
    backbone = made("resnet18")
    first, again, other = (untrained_copy(backbone, draw).state_dict() for draw in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


@pytest.mark.parametrize("size", [16, 33])
def test_noise_is_smooth_as_pictures_are(size):
    """Neighbours are alike, the channels nearly so, and every value is one that a pixel can have."""
    noise = natural(size, 8, contrast=0.1)
    assert noise.shape == (8, 3, size, size)
    assert noise.min() >= 0
    assert noise.max() <= 1
    steps = np.abs(np.diff(noise, axis=3)).mean()
    assert steps < 0.8 * noise.std(axis=(2, 3)).mean()  # white noise: 1.13
    assert np.corrcoef(noise[:, 0].ravel(), noise[:, 2].ravel())[0, 1] > 0.8


def test_a_network_that_writes_its_input_leaves_the_noise_as_it_is():
    preprocess = Preprocess(16, 16, "bicubic", (0.5,) * 3, (0.5,) * 3)
    before = pictures(preprocess, 0).copy()
    with pytest.raises(ValueError, match="read-only"):
        pictures(preprocess, 0)[0] = 0
    assert np.array_equal(pictures(preprocess, 0), before)
