"""HiResCAM: gradient times activation, summed over channels, at any stage below the head (Draelos & Carin 2020, "Use
HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks").

Grad-CAM averages the gradient over places first, and so lights up places that the score does not hang on. Needs torch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from headstart.backbone import Stage
from headstart.backbone.taps import first_tensor
from headstart.extraction.maps import in_places
from headstart.model import Model
from headstart.training.surgery import HeadedNetwork


def hirescam(
    model: Model,
    stage: Stage,
    frames: np.ndarray,
    direction: np.ndarray,
    *,
    averaged: bool = False,
    network: HeadedNetwork | None = None,
) -> np.ndarray:
    """float32 [N, h, w]: what each place of the stage's map adds to direction · logits, to first order.

    frames: uint8 [N, S, S, 3]; direction: float32 [N, C]. averaged: as Grad-CAM has it, for comparison; network: the
    model's, where it is made already. Raises BundleError where torch cannot make it.
    """
    whole = network or model.network()
    found = []
    for frame, wanted in zip(frames, direction, strict=True):
        found.append(_one(whole, model, stage, frame[None], wanted, averaged=averaged))
    return np.concatenate(found)


def _one(
    whole: HeadedNetwork, model: Model, stage: Stage, frame: np.ndarray, wanted: np.ndarray, *, averaged: bool
) -> np.ndarray:
    x = torch.from_numpy(model.backbone.preprocess.normalise(frame)).requires_grad_()
    with torch.enable_grad(), _kept(whole, stage) as seen:
        score = (whole(x) * torch.from_numpy(wanted)).sum()
        (gradient,) = torch.autograd.grad(score, seen)
    activation, pull = (in_places(t.detach().numpy(), stage) for t in (seen[0], gradient))
    if averaged:
        pull = pull.mean((2, 3), keepdims=True)
    return (activation * pull).sum(1)


@contextlib.contextmanager
def _kept(whole: HeadedNetwork, stage: Stage) -> Iterator[list[torch.Tensor]]:
    """A list that a forward pass puts the stage's output into, within the graph; layers above get a copy, which they
    may change in place."""
    seen: list[torch.Tensor] = []

    def keep(_: nn.Module, __: tuple, output: object) -> torch.Tensor:
        seen[:] = [first_tensor(output)]
        return seen[0].clone()

    handle = whole.trunk.module.get_submodule(stage.tap).register_forward_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()
