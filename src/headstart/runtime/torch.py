"""The torch runtime: CUDA, MPS, or a CPU where OpenVINO cannot convert the network."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import nn

from headstart.data.preprocess import Preprocess
from headstart.runtime.input import network_input
from headstart.runtime.threads import bounded


class TorchRuntime:
    """Runs a module in inference mode, channels last; it takes pictures normalised as `preprocess` says.

    threads: those that it computes in on a CPU; 0 is as many as torch takes.
    """

    name = "torch"

    def __init__(
        self,
        network: nn.Module,
        preprocess: Preprocess,
        device: str,
        precision: str = "fp32",
        threads: int = 0,
    ) -> None:
        self.preprocess, self.precision, self.threads = preprocess, precision, threads
        self.device = torch.device(device)
        # A copy: the caller's network stays where it is.
        self.network = copy.deepcopy(network).to(self.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        # A pass hangs its hooks into the one network: passes take turns.
        self._lock = threading.Lock()

    def stream(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """See Runtime.stream."""
        for batch in batches:
            # Outside of inference mode, which would reach whoever takes the batches.
            yield self._outputs(batch)

    def _outputs(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        with self._lock, bounded(self.threads), torch.inference_mode(), self._autocast():
            x = network_input(self.preprocess, batch, self.device)
            return tuple(tensor.float().cpu().numpy() for tensor in self.network(x))

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")


def precisions(device: str) -> tuple[str, ...]:
    """What the device computes in by its own instructions."""
    kind = torch.device(device).type
    if kind == "cuda":
        short = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = torch.cpu.get_capabilities() if kind == "cpu" else {}
        short = any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "sve_bf16", "bf16"))
    return ("fp32", "bf16") if short else ("fp32",)
