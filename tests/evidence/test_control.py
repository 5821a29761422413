"""The random control is fair: batch normalisation has seen the pictures, residual branches are on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from headstart.evidence.control import randomised


@pytest.fixture
def pictures(tmp_path):
    """33 pictures: one more than a batch."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{number:02}.png" for number in range(33)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(path)
    return [str(path) for path in paths]


def test_statistics_come_from_the_pictures_at_any_count(made, pictures):
    backbone = made("resnet18")  # at 32 px its last map is 1×1, where one picture alone has no spread
    module = randomised(backbone, 0, pictures)
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms
    assert not any(layer.training for layer in norms)
    assert all(layer.running_mean is not None and layer.running_mean.abs().sum() > 0 for layer in norms)
    assert all(layer.weight.abs().min() > 0 for layer in norms)


def test_a_draw_is_decided_by_its_number(made, pictures):
    backbone = made("resnet18")
    first, again, other = (randomised(backbone, draw, pictures[:4]).state_dict() for draw in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])
