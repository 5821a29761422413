"""Networks to hold `small` against, beside timm's resnet10t: each a common idea at about the same cost.

vgg        3×3 convolutions and pooling, no shortcuts (Simonyan & Zisserman 2015, with batch normalisation)
vgg-plain  the same without batch normalisation: what the normalisation is worth
inverted   inverted bottlenecks with depthwise convolutions throughout (Sandler et al. 2018)
fused      fused bottlenecks below, inverted ones above (Tan & Le 2021)
hybrid     residual blocks below, inverted bottlenecks above: the shape that `small` had first
coarse     residual blocks behind a stem that reduces fourfold, most at an eighth: the shape that it had next
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from headstart.backbone import folder as folders
from headstart.backbone.small import Basic, Small
from headstart.backbone.small import convolution as unit


def _initialise(network: nn.Module) -> None:
    """All convolutions (He et al. 2015)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def depthwise(channels: int, stride: int):
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )


def bare(inputs: int, outputs: int, kernel: int = 3, stride: int = 1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2), nn.ReLU(inplace=True))


class Bottleneck(nn.Module):
    """Widen (by a 1×1 and a depthwise 3×3 convolution, or by one full 3×3 where `fused`), then narrow."""

    def __init__(
        self, inputs: int, outputs: int, expansion: int, stride: int = 1, *, fused: bool = False
    ) -> None:
        super().__init__()
        wide = inputs * expansion
        widen = [unit(inputs, wide, 3, stride)] if fused else [unit(inputs, wide, 1), depthwise(wide, stride)]
        self.project = unit(wide, outputs, 1, active=False)
        self.widen = nn.Sequential(*widen)
        self.same = inputs == outputs and stride == 1
        if self.same:
            nn.init.zeros_(self.project[1].weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.project(self.widen(x))
        return x + y if self.same else y


class Candidate(nn.Module):
    """Stages one after another, the mean over places, one linear classifier."""

    classifier_name = "classifier"

    def __init__(self, stages: Sequence[nn.Module], width: int, num_classes: int) -> None:
        super().__init__()
        names = [f"stage{i}" for i in range(len(stages))]
        for name, stage in zip(names, stages, strict=True):
            self.add_module(name, stage)
        self.names = names
        self.feature_info = tuple({"module": name} for name in names)
        self.classifier = nn.Linear(width, num_classes)
        _initialise(self)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for name in self.names:
            x = getattr(self, name)(x)
        return self.classifier(x.mean((2, 3)))


def vgg(num_classes: int, conv: Callable[..., nn.Module] = unit) -> Candidate:
    def pool() -> nn.Module:
        return nn.MaxPool2d(2)

    stages = [
        nn.Sequential(conv(3, 48, 5, 2), pool()),
        nn.Sequential(conv(48, 96, 3), conv(96, 128, 3)),
        nn.Sequential(pool(), conv(128, 192, 3), conv(192, 256, 3)),
        nn.Sequential(pool(), conv(256, 384, 3), conv(384, 512, 3)),
    ]
    return Candidate(stages, 512, num_classes)


def vgg_plain(num_classes: int) -> Candidate:
    return vgg(num_classes, conv=bare)


def inverted(num_classes: int) -> Candidate:
    stages = [
        unit(3, 32, 3, 2),
        nn.Sequential(Bottleneck(32, 24, 2, 2), Bottleneck(24, 24, 4)),
        nn.Sequential(Bottleneck(24, 48, 4, 2), Bottleneck(48, 48, 4), Bottleneck(48, 48, 4)),
        nn.Sequential(Bottleneck(48, 96, 4, 2), *(Bottleneck(96, 96, 4) for _ in range(3))),
        nn.Sequential(
            Bottleneck(96, 192, 4), Bottleneck(192, 192, 4), Bottleneck(192, 192, 4), unit(192, 1280, 1)
        ),
    ]
    return Candidate(stages, 1280, num_classes)


def fused(num_classes: int) -> Candidate:
    stages = [
        unit(3, 32, 3, 2),
        nn.Sequential(Bottleneck(32, 48, 2, 2, fused=True), Bottleneck(48, 48, 2, fused=True)),
        nn.Sequential(Bottleneck(48, 96, 3, 2, fused=True), Bottleneck(96, 96, 2, fused=True)),
        nn.Sequential(Bottleneck(96, 160, 4, 2), Bottleneck(160, 160, 4), Bottleneck(160, 160, 4)),
        nn.Sequential(Bottleneck(160, 224, 6), Bottleneck(224, 224, 4), unit(224, 1280, 1)),
    ]
    return Candidate(stages, 1280, num_classes)


def hybrid(num_classes: int) -> Candidate:
    stages = [
        nn.Sequential(unit(3, 32, 5, 2), unit(32, 64, 3, 2)),
        Basic(64, 64),
        nn.Sequential(Basic(64, 128, 2), Basic(128, 128)),
        Basic(128, 256, 2),
        nn.Sequential(*(Bottleneck(256, 256, 4) for _ in range(3))),
    ]
    return Candidate(stages, 256, num_classes)


class Coarse(Small):
    """As Small, but for the stages."""

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        self.stem = nn.Sequential(unit(3, 32, 5, 2), unit(32, 48, 3, 2))
        self.stage1 = Basic(48, 48)
        self.stage2 = nn.Sequential(Basic(48, 128, 2), Basic(128, 128), Basic(128, 128))
        self.stage3 = Basic(128, 256, 2)
        self.stage4 = Basic(256, 256)
        _initialise(self)


CANDIDATES = ("small", "timm:resnet10t", "vgg", "vgg-plain", "inverted", "fused", "hybrid", "coarse")


def register() -> None:
    """Makes the candidates known, so that cards and `pretrain` may name them."""
    for name, factory in (
        ("vgg", vgg),
        ("vgg-plain", vgg_plain),
        ("inverted", inverted),
        ("fused", fused),
        ("hybrid", hybrid),
        ("coarse", Coarse),
    ):
        folders.ARCHITECTURES[name] = factory
