"""Tapping a network: capture what its cuts put out, pool it, stop where nothing above is needed.

A cut is a module name, so any architecture can be cut without a table of families. "pre_logits" taps the
*input* of the classifier; every other cut taps a module's output.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import nn

from headstart.backbone.backbone import EPSILON, MAP, PRE_LOGITS, Stage


class _Stop(Exception):
    """Ends a forward pass at the last tap; never leaves this module."""


def first_tensor(value: object) -> torch.Tensor:
    """The tensor a module put out; some return a tuple or list whose first entry is the features."""
    while isinstance(value, tuple | list):
        value = value[0]
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"a tapped module put out {type(value).__name__}, expected a tensor")
    return value


@contextlib.contextmanager
def captured(module: nn.Module, taps: Sequence[tuple[str, str]]) -> Iterator[dict[str, torch.Tensor]]:
    """Within the block, each forward pass of `module` fills the yielded dict: stage name → its output.

    taps: (stage name, module name) pairs. Outputs are cloned where a later in-place operation could overwrite
    them (VGG's ReLU does). Only the first call of a module in a pass counts.
    """
    caught: dict[str, torch.Tensor] = {}
    handles = []
    for stage, tap in taps:
        target = module.get_submodule(tap)
        if stage == PRE_LOGITS:

            def before(_: nn.Module, args: tuple, stage: str = stage) -> None:
                caught.setdefault(stage, first_tensor(args).clone())

            handles.append(target.register_forward_pre_hook(before))
        else:

            def after(_: nn.Module, args: tuple, output: object, stage: str = stage) -> None:
                caught.setdefault(stage, first_tensor(output).clone())

            handles.append(target.register_forward_hook(after))
    try:
        yield caught
    finally:
        for handle in handles:
            handle.remove()


@contextlib.contextmanager
def _stopping(module: nn.Module, stage: Stage) -> Iterator[None]:
    """Within the block, a forward pass ends as soon as `stage` has been captured."""

    def stop(*_: object) -> None:
        raise _Stop

    target = module.get_submodule(stage.tap)
    register = target.register_forward_pre_hook if stage.name == PRE_LOGITS else target.register_forward_hook
    handle = register(stop)
    try:
        yield
    except _Stop:
        pass
    finally:
        handle.remove()


def pooled(x: torch.Tensor, layout: str, pool: str) -> torch.Tensor:
    """A tapped output → [B, D]: the mean over places, and with "avgstd" the standard deviation behind it.

    layout NCHW [B, C, H, W], NHWC [B, H, W, C], NLC [B, L, C], or NC, which is flattened as it is. pool "map" pools
    nothing: the output as it is, or flattened where it has no places.
    """
    if pool == MAP:
        return x.flatten(1) if layout == "NC" else x
    return torch.cat(moments(x, layout, pool), dim=1)


def moments(x: torch.Tensor, layout: str, pool: str) -> tuple[torch.Tensor, ...]:
    """What pooled() puts side by side: the mean [B, C], and with "avgstd" on a spatial cut the spread [B, C]."""
    if layout == "NC":
        return (x.flatten(1),)
    places = {"NCHW": (2, 3), "NHWC": (1, 2), "NLC": (1,)}[layout]
    mean = x.mean(places)
    if pool == "avg":
        return (mean,)
    keep = x.mean(places, keepdim=True)
    return mean, (x - keep).square().mean(places).add(EPSILON).sqrt()


class Tapped(nn.Module):
    """A network seen through its cuts: float32 [B, 3, S, S] → pooled outputs of `stages`, each [B, D_k].

    With `logits` the source head's output [B, S] comes last, and the whole network runs; without it the pass
    ends at the last of `stages`, which stand in the network's order. With `apart` mean and spread are outputs of
    their own, each [B, C].
    """

    def __init__(
        self,
        module: nn.Module,
        stages: Sequence[Stage],
        pool: str = "avgstd",
        *,
        logits: bool = False,
        apart: bool = False,
    ) -> None:
        super().__init__()
        self.module = module
        self.stages = tuple(stages)
        self.pool = pool
        self.logits = logits
        self.apart = apart

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        taps = [(stage.name, stage.tap) for stage in self.stages]
        scores = ()
        with captured(self.module, taps) as caught:
            if self.logits:
                scores = (self.module(x).flatten(1),)
            else:
                with _stopping(self.module, self.stages[-1]):
                    self.module(x)
        if self.apart:
            parts = [moments(caught[s.name], s.layout, self.pool) for s in self.stages]
            return tuple(part for cut in parts for part in cut) + scores
        return tuple(pooled(caught[s.name], s.layout, self.pool) for s in self.stages) + scores
