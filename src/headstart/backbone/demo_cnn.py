"""demo-cnn: the lesson's demonstration network. Three convolutional layers that see edges, shapes and
higher-level features, then three fully connected layers.

Plain torch, no timm. Each convolution is followed by a 2×2 maximum, batch normalisation (Ioffe & Szegedy 2015)
and ReLU: the normalisation is there to make training easier (not measured here). The first filters are
large (7×7) so that what they learnt can be looked at.
"""

from __future__ import annotations

import torch
from torch import nn

SIZE = 64


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
        nn.MaxPool2d(2),  # before the rest, which then has a quarter of the places to visit
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _dense(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(inputs, outputs), nn.ReLU(inplace=True))


class DemoCNN(nn.Module):
    """float32 [B, 3, 64, 64] → logits [B, num_classes]. Maps after conv1, conv2, conv3 are 16, 8 and 4 wide.

    The convolutions take any size; the fully connected layers take what 64×64 pixels give and no other.
    """

    feature_info = (
        {"module": "conv1", "num_chs": 32, "reduction": 4},
        {"module": "conv2", "num_chs": 96, "reduction": 8},
        {"module": "conv3", "num_chs": 192, "reduction": 16},
        {"module": "fc1", "num_chs": 512, "reduction": 0},
    )
    classifier_name = "fc3"

    def __init__(self, num_classes: int = 1000, dropout: float = 0.2) -> None:
        super().__init__()
        self.conv1 = _convolution(3, 32, kernel=7, stride=2)
        self.conv2 = _convolution(32, 96, kernel=3, stride=1)
        self.conv3 = _convolution(96, 192, kernel=3, stride=1)
        self.flatten = nn.Flatten()
        self.fc1 = _dense(192 * (SIZE // 16) ** 2, 512, dropout)
        self.fc2 = _dense(512, 256, dropout)
        self.fc3 = nn.Linear(256, num_classes)
        self.apply(_initialise)
        nn.init.normal_(self.fc3.weight, std=0.01)  # first scores near zero: no class is favoured

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.conv3(self.conv2(self.conv1(x)))
        return self.fc3(self.fc2(self.fc1(self.flatten(maps))))


def _initialise(module: nn.Module) -> None:
    """He et al. 2015 for layers that feed a ReLU."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
