"""small: a compact residual network for small pictures. Plain torch, no timm.

A usual ResNet reduces its input fourfold before the first block and 32-fold in all: at 64 px its top works on 2×2 maps,
which wastes most of a CPU (benchmarks/frontier/convolutions.py), and what is fine in a small picture is gone before
anything was learnt from it. Here the maps are reduced 2-fold by the stem and 16-fold in all; stages 2 to 4 halve the
side and double the channels, so that the unstrided 3×3 convolutions of all blocks cost the same. Blocks are plain
residual ones; benchmarks/README.md holds the peers that it was measured against.

Batch normalisation (Ioffe & Szegedy 2015) follows every convolution: it lets the rate be high, costs nothing once
frozen, since it is then a scale that a converter folds into the convolution, and its running statistics tell what
inputs the weights have seen. What speaks against it, statistics that move with small batches, does not touch frozen
stages.
"""

from __future__ import annotations

import torch
from torch import nn


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, *, active: bool = True
) -> nn.Sequential:
    """Convolution without bias, batch normalisation, and ReLU where `active`; same size but for the stride."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if active else []))


class Basic(nn.Module):
    """Two 3×3 convolutions beside a shortcut (He et al. 2016), which averages first where the map shrinks.

    The branch starts at zero, so that the network starts shallow (Goyal et al. 2017).
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = convolution(inputs, outputs, 3, stride)
        self.conv2 = convolution(outputs, outputs, 3, active=False)
        norm = self.conv2[1]
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.zeros_(norm.weight)
        shrink = [nn.AvgPool2d(stride, ceil_mode=True)] if stride > 1 else []
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Sequential(
            *([] if same else [*shrink, convolution(inputs, outputs, 1, active=False)])
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.conv2(self.conv1(x)) + self.shortcut(x))


class Small(nn.Module):
    """float32 [B, 3, S, S] → logits [B, num_classes], for any S ≥ 16; maps are S/2, S/2, S/4, S/8, S/16 wide."""

    feature_info = (
        {"module": "stem", "num_chs": 32, "reduction": 2},
        {"module": "stage1", "num_chs": 32, "reduction": 2},
        {"module": "stage2", "num_chs": 64, "reduction": 4},
        {"module": "stage3", "num_chs": 128, "reduction": 8},
        {"module": "stage4", "num_chs": 256, "reduction": 16},
    )
    classifier_name = "classifier"

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.stem = convolution(3, 32, 3, 2)
        self.stage1 = Basic(32, 32)
        self.stage2 = nn.Sequential(Basic(32, 64, 2), Basic(64, 64))
        self.stage3 = nn.Sequential(Basic(64, 128, 2), Basic(128, 128))
        self.stage4 = Basic(128, 256, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        # After the mean over places, not before it: a sixteenth of the work at 64 px (Howard et al. 2019).
        self.widen = nn.Sequential(
            nn.Flatten(), nn.Linear(256, 1280, bias=False), nn.BatchNorm1d(1280), nn.ReLU(inplace=True)
        )
        self.classifier = nn.Linear(1280, num_classes)
        self.apply(_initialise)
        nn.init.normal_(self.classifier.weight, std=0.01)  # first scores near zero: no class is favoured

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.stage4(self.stage3(self.stage2(self.stage1(self.stem(x)))))
        if maps.requires_grad:
            maps.register_hook(_channels_last)
        return self.classifier(self.widen(self.pool(maps)))


def _channels_last(gradient: torch.Tensor) -> torch.Tensor:
    """The mean over places hands its gradient back channels first, which every layer below would copy or run slowly
    on."""
    return gradient.contiguous(memory_format=torch.channels_last)


def _initialise(module: nn.Module) -> None:
    """He et al. 2015."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
