"""A running average of a network's weights, used where it scores and left behind when training ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import nn

from headstart.backbone.weights import pour


class Average:
    """Exponential moving average of weights and buffers (Polyak & Juditsky 1992).

    The decay is warmed up, min(decay, (1 + t) / (10 + t)), so that early steps do not linger.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.state = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Moves the average one step towards `network`."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                self.state[name].lerp_(tensor, 1 - decay)
            else:
                self.state[name].copy_(tensor)

    @torch.no_grad()
    def write(self, network: nn.Module) -> None:
        """Puts the average in the network's place."""
        pour(self.state, network)

    @torch.no_grad()
    def restore(self, state: Mapping[str, torch.Tensor], steps: int) -> None:
        """Continues a stored average that has seen `steps` steps, wherever the network now runs."""
        self.steps = steps
        for name, tensor in self.state.items():
            tensor.copy_(state[name])

    @contextlib.contextmanager
    def applied(self, network: nn.Module) -> Iterator[None]:
        """Within the block the network holds the average; afterwards its own weights again."""
        own = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        self.write(network)
        try:
            yield
        finally:
            pour(own, network)
