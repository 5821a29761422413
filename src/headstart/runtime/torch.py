"""The torch runtime: CUDA, MPS, or a CPU where OpenVINO cannot convert the network."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import nn


class TorchRuntime:
    """Runs a module in inference mode, channels last."""

    name = "torch"
    precision = "fp32"

    def __init__(self, network: nn.Module, device: str) -> None:
        self.device = torch.device(_accelerator() if device == "auto" else device)
        if self.device.type != "cpu":
            network = copy.deepcopy(network)  # the caller's stays where it is
        # A copy: the caller's network stays where it is.
        self.network = copy.deepcopy(network).to(self.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def stream(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """See Runtime.stream."""
        for batch in batches:
            with torch.inference_mode():
                x = torch.from_numpy(batch).to(self.device).contiguous(memory_format=torch.channels_last)
                yield tuple(tensor.float().cpu().numpy() for tensor in self.network(x))


def _accelerator() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
