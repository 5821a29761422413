"""What batch normalisation remembers of the source's pictures: how strong each channel of the last map was.

Its scale and shift say which mean and spread a channel had before the activation that follows. Of a normal distribution
with these, the activation's mean follows. Where that map is what is pooled, it is the channel's mean on the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

_NODES = 64  # of the Gauss–Hermite quadrature
_NEAR = 1e-4  # relative: the pooled map is what enters the head


def means(module: nn.Module, head: str, size: int) -> dict[str, list[float]]:
    """{"mean": [C]} of what enters the classifier called `head`; {} where batch normalisation does not tell.

    It tells where the pooled output of the last normalised and activated map is the classifier's input: MobileNet,
    EfficientNet, DenseNet; not of sums of branches, as in ResNet. size: pixels of a side of the noise it is tried with.
    """
    found = next(_normalised(module), None)
    if found is None or not _is_pooled(module, found[0], head, size):
        return {}
    _, norm, activation = found
    return {"mean": [float(f"{value:.5g}") for value in expected(norm, activation)]}


def expected(norm: nn.Module, activation: Callable[[torch.Tensor], torch.Tensor]) -> np.ndarray:
    """float64 [C]: the mean of activation(β + |γ| z), z standard normal; β = 0 and γ = 1 where it learns neither."""
    z, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    shift, scale = _affine(norm)
    with torch.inference_mode():
        values = activation(torch.from_numpy(shift[:, None] + np.abs(scale)[:, None] * z)).numpy()
    return values @ (weight / weight.sum())


def _affine(norm: nn.Module) -> tuple[np.ndarray, np.ndarray]:
    """(β, γ), float64 [C] each."""
    state = norm.state_dict()
    if "weight" not in state:
        channels = len(state["running_mean"])
        return np.zeros(channels), np.ones(channels)
    shift, scale = (state[name].double().cpu().numpy() for name in ("bias", "weight"))
    return shift, scale


def _normalised(module: nn.Module) -> Iterator[tuple[nn.Module, nn.Module, nn.Module]]:
    """(what gives the map, its batch normalisation, its activation), the last one of the network first."""
    for each in reversed(list(module.modules())):
        parts = list(each.children())
        inside = getattr(each, "act", None)
        if isinstance(each, nn.BatchNorm2d) and isinstance(inside, nn.Module):
            yield each, each, inside
        elif isinstance(each, nn.Sequential) and len(parts) > 1 and isinstance(parts[-2], nn.BatchNorm2d):
            yield each, parts[-2], parts[-1]


def _is_pooled(module: nn.Module, place: nn.Module, head: str, size: int) -> bool:
    """Whether the mean over places of what `place` gives is what enters the classifier."""
    seen: dict[str, torch.Tensor] = {}

    def keep_map(_module: nn.Module, _given: tuple[torch.Tensor, ...], gives: torch.Tensor) -> None:
        seen["map"] = gives

    def keep_head(_module: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        seen["head"] = given[0]

    entrance = module.get_submodule(head)
    hooks = [place.register_forward_hook(keep_map), entrance.register_forward_pre_hook(keep_head)]
    try:
        with torch.inference_mode():
            module(torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)))
    finally:
        for hook in hooks:
            hook.remove()
    if set(seen) != {"map", "head"} or seen["map"].ndim != 4:
        return False
    pooled, entered = seen["map"].mean(dim=(2, 3)), seen["head"].flatten(1)
    return pooled.shape == entered.shape and bool(torch.allclose(pooled, entered, rtol=_NEAR, atol=_NEAR))
