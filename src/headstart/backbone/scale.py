"""Which scale of input have these weights seen? A weights file from elsewhere does not say; its network does.

The first batch normalisation keeps the variance of what it saw in training. Noise with the spectrum of natural
pictures (amplitude falling as 1/f: Field 1987) is sent through on each of the scales in common use, and the scale
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
from headstart.backbone.taps import captured
from headstart.data.preprocess import Preprocess

# mean and std, on the scale where a pixel is 0 to 1
SCALES = (
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
)
# Ratio of variances below which a scale agrees, and above which the one in place is given up.
AGREES, CONTRADICTS = math.log(2.0), math.log(2.5)
_PICTURES, _SHARED, _CONTRAST = 4, 0.92, 0.25


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
    x = torch.from_numpy(((_noise(preprocess.size) - mean) / std).astype(np.float32))
    with captured(module, [(PRE_LOGITS, name)]) as caught:
        module(x)
    variance = caught[PRE_LOGITS].var(dim=(0, 2, 3))
    return float(torch.log((variance + 1e-8) / (stored + 1e-8)).median().abs())


def _noise(size: int) -> np.ndarray:
    """float64 [4, 3, size, size] in [0, 1]: 1/f noise, the three channels nearly alike, ImageNet's mean colour."""
    rng = np.random.default_rng(0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(rng.standard_normal((_PICTURES, 4, size, size))) / frequency
    fields = np.fft.ifft2(spectrum).real
    fields /= fields.std(axis=(2, 3), keepdims=True)
    channels = math.sqrt(_SHARED) * fields[:, :1] + math.sqrt(1 - _SHARED) * fields[:, 1:]
    return np.clip(_CONTRAST * channels + np.asarray(SCALES[0][0])[None, :, None, None], 0, 1)
