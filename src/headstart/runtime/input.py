"""What a network takes, made where the network is: a picture's bytes travel, a quarter of its floats."""

from __future__ import annotations

import numpy as np
import torch

from headstart.data.preprocess import Preprocess


def network_input(preprocess: Preprocess, pictures: np.ndarray, device: torch.device) -> torch.Tensor:
    """uint8 [B, S, S, 3] → float32 [B, 3, S, S] on `device`, channels last: Preprocess.normalise, bit for bit."""
    scale, shift = (
        torch.from_numpy(each).to(device).view(1, 3, 1, 1) for each in preprocess.scale_and_shift()
    )
    x = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float()
    return x.mul_(scale).sub_(shift).contiguous(memory_format=torch.channels_last)
