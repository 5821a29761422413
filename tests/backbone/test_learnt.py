"""What batch normalisation tells of the source: the mean of each channel that enters the classifier."""

from __future__ import annotations

import numpy as np
import pytest
import timm
import torch
from torch import nn

from headstart.backbone import learnt

CHANNELS = 8


class Net(nn.Module):
    """One normalised and activated map, pooled, and a classifier."""

    def __init__(self, *, affine: bool) -> None:
        super().__init__()
        norm = nn.BatchNorm2d(CHANNELS, affine=affine, momentum=None)
        self.map = nn.Sequential(nn.Conv2d(3, CHANNELS, 3), norm, nn.ReLU6())
        self.head = nn.Linear(CHANNELS, 2)
        if affine:
            nn.init.uniform_(norm.weight, -2, 2)
            nn.init.uniform_(norm.bias, -1, 1)

    def pooled(self, x: torch.Tensor) -> torch.Tensor:
        return self.map(x).mean(dim=(2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.pooled(x))


@pytest.mark.parametrize("affine", [True, False])
@torch.inference_mode()
def test_the_means_are_those_of_the_pictures_it_was_normalised_by(affine):
    torch.manual_seed(0)
    net, x = (
        Net(affine=affine),
        torch.randn(256, 3, 34, 34),
    )  # what is linear in noise is normal, as is supposed
    net.train()(x)
    found = learnt.means(net.eval(), "head", 34)["mean"]
    np.testing.assert_allclose(found, net.pooled(x).mean(0), atol=0.01)


def test_a_sum_of_branches_is_not_told():
    assert learnt.means(timm.create_model("resnet18").eval(), "fc", 64) == {}


def test_a_network_whose_last_map_is_pooled_tells_every_channel():
    network = timm.create_model("mobilenetv2_100").eval()
    mean = learnt.means(network, "classifier", 64)["mean"]
    assert len(mean) == network.num_features
    assert min(mean) > 0
