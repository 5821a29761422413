"""The same architecture with random weights, made fair, as a bar that pre-trained weights have to pass.

Residual branches that start at zero are switched on, and batch normalisation's statistics are estimated, so that depth
as such gets its chance. They come from noise with the spectrum of natural pictures, not from the pictures at hand: the
copy is then one network for all data sets, converted and kept once. Copies of the networks in the box are drawn without
torch (drawn.py, and headstart.runtime.built).
"""

from __future__ import annotations

import torch
from torch import nn

from headstart.backbone import zoo
from headstart.backbone.backbone import Backbone
from headstart.backbone.noise import BATCHES, pictures
from headstart.backbone.taps import Tapped

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
        for part in range(BATCHES):
            tapped(
                torch.tensor(pictures(backbone.preprocess, part))
            )  # its own: a network may write its input
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return module.eval()


def _switch_on(module: nn.Module) -> None:
    """Scales that are initialised to (nearly) zero, of normalisation or of a residual branch, become one."""
    for name, parameter in module.named_parameters():
        if parameter.ndim == 1 and not name.endswith("bias") and parameter.abs().max() < _NEARLY_ZERO:
            nn.init.ones_(parameter)
