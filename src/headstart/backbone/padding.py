"""Which padding were these weights trained with? A weights file does not say; its filters do.

A convolution that halves a map looks at three places. PyTorch pads both sides alike: they are 2i − 1, 2i and 2i + 1.
TensorFlow ("same") pads the end: they are 2i, 2i + 1 and 2i + 2. What the convolution answers for lies between 2i and
2i + 1: half a pixel right and down of the first window's middle, half a pixel left and up of the
second's. Training makes the filters lean towards it; random weights lean nowhere. No picture is needed.
"""

from __future__ import annotations

import math

import torch
from torch import nn

# How far filters have to lean, as a share of half their side, and by how many standard errors. Measured: TensorFlow's
# MobileNetV2 −0.13 (10.6 errors) and EfficientNet-Lite0 −0.18 (17.9), `small` +0.08 (9.7); of six random draws of each
# of eight architectures at most 0.04 (2.6): benchmarks/padding.py.
LEANS, SURE = 0.03, 5.0
FEWEST = 3  # layers that halve a map


def seen(module: nn.Module) -> str | None:
    """The `pad_type` (timm's word: "same", or "" for both sides alike) that the weights in `module` were trained with.

    None where `module` has it, or where the weights do not tell.
    """
    layers = halving(module)
    same, alike = all(map(_pads_itself, layers)), all(map(_pads_alike, layers))
    if len(layers) < FEWEST or not (same or alike):
        return None
    leaning, error = lean(layers)
    if abs(leaning) < max(LEANS, SURE * error) or (leaning < 0) == same:
        return None
    return "same" if leaning < 0 else ""


def halving(module: nn.Module) -> list[nn.Conv2d]:
    """The convolutions that halve a map and have a middle."""
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d) and _halves(layer)]


def _halves(layer: nn.Conv2d) -> bool:
    """A square filter with a middle, moved by two places at a time."""
    side = layer.kernel_size[0]
    return (
        layer.stride == (2, 2)
        and layer.dilation == (1, 1)
        and layer.kernel_size == (side, side)
        and side in (3, 5, 7)
    )


def _pads_itself(layer: nn.Conv2d) -> bool:
    """By the size of its input, as timm's Conv2dSame does."""
    return type(layer) is not nn.Conv2d and layer.padding == (0, 0)


def _pads_alike(layer: nn.Conv2d) -> bool:
    return layer.padding == (layer.kernel_size[0] // 2,) * 2


def lean(layers: list[nn.Conv2d]) -> tuple[float, float]:
    """(the mean over `layers` of how far their filters lean right and down, −1 to 1; its standard error)"""
    leans = [found for layer in layers if len(found := _leans(layer.weight.detach().double())) > 1]
    if not leans:
        return 0.0, 0.0
    mean = sum(float(found.mean()) for found in leans) / len(leans)
    variance = sum(float(found.var()) / len(found) for found in leans)
    return mean, math.sqrt(variance) / len(leans)


def _leans(weight: torch.Tensor) -> torch.Tensor:
    """float64 [filters]: where the squares of each filter have their middle, of weight [filters, in, side, side]."""
    power = weight.square().sum(1)
    power = power[power.sum((1, 2)) > 0]
    power = power / power.sum((1, 2), keepdim=True)
    places = torch.linspace(-1, 1, weight.shape[-1], dtype=torch.float64)
    return (power.sum(2) @ places + power.sum(1) @ places) / 2
