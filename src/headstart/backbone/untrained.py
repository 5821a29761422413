"""The same architecture with random weights, made fair, as a bar that pre-trained weights have to pass.

Residual branches that start at zero are switched on, and batch normalisation's statistics are estimated, so that depth
as such gets its chance. They come from noise with the spectrum of natural pictures, not from the pictures at hand: the
copy is then one network for all data sets, converted and kept once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import nn

from headstart.backbone import zoo
from headstart.backbone.backbone import Backbone
from headstart.backbone.noise import natural
from headstart.backbone.taps import Tapped
from headstart.data.preprocess import Preprocess

_PICTURES, _BATCH = 32, 16
_CONTRASTS, _BRIGHTNESSES = (0.1, 0.35), (0.25, 0.65)  # from dull to lively, from dark to bright
_NEARLY_ZERO = 1e-3


def network(backbone: Backbone, draw: int) -> nn.Module:
    """The `draw`-th random copy of `backbone`'s network, in eval mode."""
    module = zoo.build(backbone, pretrained=False, seed=draw + 1)
    _switch_on(module)
    norms = [
        m
        for m in module.modules()
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats
    ]
    if not norms:
        return module
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
        norm.train()
    # Up to the last cut and no further: the layers above may not take this size.
    tapped = Tapped(module, backbone.stages)
    with torch.inference_mode():
        for part in range(_PICTURES // _BATCH):
            tapped(torch.from_numpy(_pictures(backbone.preprocess, part)))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return module.eval()


@lru_cache(_PICTURES // _BATCH)
def _pictures(preprocess: Preprocess, part: int) -> np.ndarray:
    """float32 [16, 3, S, S], normalised as the network's own inputs; the same for all copies."""
    rng, shape = np.random.default_rng(part), (_BATCH, 1, 1, 1)
    noise = natural(
        preprocess.size,
        _BATCH,
        colour=rng.uniform(*_BRIGHTNESSES, shape),
        contrast=rng.uniform(*_CONTRASTS, shape),
        seed=part,
    )
    mean, std = (np.asarray(v)[:, None, None] for v in (preprocess.mean, preprocess.std))
    return ((noise - mean) / std).astype(np.float32)


def _switch_on(module: nn.Module) -> None:
    """Scales that are initialised to (nearly) zero, of normalisation or of a residual branch, become one."""
    for name, parameter in module.named_parameters():
        if parameter.ndim == 1 and not name.endswith("bias") and parameter.abs().max() < _NEARLY_ZERO:
            nn.init.ones_(parameter)
