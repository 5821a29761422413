"""The random control: the same architecture with random weights. A bar that it also passes proves nothing.

Made fair: residual branches that start at zero are switched on, and batch normalisation's statistics are
estimated on the pictures at hand, so that depth as such gets its chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from headstart import files
from headstart.backbone import Backbone, build
from headstart.backbone.taps import Tapped
from headstart.data.dataset import Dataset
from headstart.data.loader import frames
from headstart.features import Features, How, extract

# Pictures on which batch normalisation's statistics are estimated.
_STATISTICS = 128
_BATCH = 32
_NEARLY_ZERO = 1e-3


def control_features(
    dataset: Dataset, index: np.ndarray, backbone: Backbone, *, draw: int, basis: np.ndarray, how: How
) -> Features:
    """Features of the pictures at `index` from the `draw`-th random copy of `backbone`.

    basis: the pictures that batch normalisation's statistics come from: always training pictures.
    """
    basis = basis[np.linspace(0, len(basis) - 1, min(_STATISTICS, len(basis))).astype(int)]
    paths = [dataset.paths[i] for i in basis]
    tag = files.sha256_of("control", str(draw), *(dataset.digests[i] for i in basis))
    return extract(
        dataset,
        index,
        backbone,
        how=how,
        module=lambda: randomised(backbone, draw, paths),
        tag=tag,
        label=f"features, random weights {draw + 1}",
    )


def randomised(backbone: Backbone, draw: int, paths: Sequence[str]) -> nn.Module:
    """A copy of the network with weights drawn by seed `draw`, statistics estimated on the pictures at `paths`."""
    module = build(backbone, pretrained=False, seed=draw + 1)
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
    # Even batches: a last one of a single picture has no spread where the map is 1×1.
    size = -(-len(paths) // -(-len(paths) // _BATCH))
    # Up to the last cut and no further: the layers above may not take this size.
    network = Tapped(module, backbone.stages)
    with torch.inference_mode():
        for _, batch in frames(paths, backbone.preprocess, batch_size=size):
            network(torch.from_numpy(backbone.preprocess.normalise(batch)))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return module.eval()


def _switch_on(module: nn.Module) -> None:
    """Scales that are initialised to (nearly) zero, of normalisation or of a residual branch, become one."""
    for name, parameter in module.named_parameters():
        if parameter.ndim == 1 and not name.endswith("bias") and parameter.abs().max() < _NEARLY_ZERO:
            nn.init.ones_(parameter)
