"""Which scale of input have these weights seen? A weights file from elsewhere does not say; its network does.

The first batch normalisation keeps the variance of what it saw in training. Noise with the spectrum of natural
pictures (noise.py) is sent through on each of the scales in common use, and the scale
whose variances agree with the stored ones is the one the weights were trained on. ImageNet's and the plain
half-half scale differ fivefold in variance, so the noise need not be a perfect likeness.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from headstart.backbone.backbone import PRE_LOGITS
from headstart.backbone.noise import COLOUR, natural
from headstart.backbone.taps import captured
from headstart.data.preprocess import Preprocess

# mean and std, on the scale where a pixel is 0 to 1
SCALES = (
    (COLOUR, (0.229, 0.224, 0.225)),
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
)
# Ratio of variances below which a scale agrees, and above which the one in place is given up.
AGREES, CONTRADICTS = math.log(2.0), math.log(2.5)
_PICTURES = 4


def seen(module: nn.Module, preprocess: Preprocess) -> Preprocess:
    """`preprocess` with the mean and std that the weights in `module` were trained on.

    Returned unchanged where there is no batch normalisation to ask, where it agrees with `preprocess`, or where no
    scale in common use agrees clearly better.
    """
    norm = _first_norm(module)
    if norm is None:
        return preprocess
    now = _disagreement(module, *norm, preprocess)
    if now < CONTRADICTS:
        return preprocess
    tried = [replace(preprocess, mean=mean, std=std) for mean, std in SCALES]
    best = min(tried, key=lambda candidate: _disagreement(module, *norm, candidate))
    return best if _disagreement(module, *norm, best) < AGREES else preprocess


def _first_norm(module: nn.Module) -> tuple[str, torch.Tensor] | None:
    for name, layer in module.named_modules():
        if isinstance(layer, nn.BatchNorm2d) and layer.running_var is not None:
            return name, layer.running_var
    return None


@torch.inference_mode()
def _disagreement(module: nn.Module, name: str, stored: torch.Tensor, preprocess: Preprocess) -> float:
    """|median over channels of log(variance now / variance stored)|."""
    mean, std = (np.asarray(v)[None, :, None, None] for v in (preprocess.mean, preprocess.std))
    x = torch.from_numpy(((natural(preprocess.size, _PICTURES) - mean) / std).astype(np.float32))
    with captured(module, [(PRE_LOGITS, name)]) as caught:
        module(x)
    variance = caught[PRE_LOGITS].var(dim=(0, 2, 3))
    return float(torch.log((variance + 1e-8) / (stored + 1e-8)).median().abs())
