"""Optimizers by name: AdamW (Loshchilov & Hutter 2019), SGD, and Muon (Jordan et al. 2024) for training from scratch.

SGD has Nesterov's momentum of 0.9. It wants about ten times AdamW's rate, and a far smaller decay, since that is added
to the gradient: 0.01 and 1e-4 are where searches for fine-tuning begin (Kornblith et al. 2019).

Muon turns each weight matrix's step into the nearest orthogonal one, so that no direction is learnt much faster than
another. Vectors and the classifier, for which it is not meant, go by AdamW in the same optimizer; so do depthwise
filters and very long matrices, by timm's own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from headstart.planning.recipe import Recipe
from headstart.runtime.torch import precisions

MOMENTUM = 0.9  # SGD's


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that learn alike.

    scale       their rate, as a share of the recipe's
    decay       whether weight decay holds for them
    classifier  whether they are the classifier's, which Muon leaves to AdamW
    """

    params: Sequence[nn.Parameter]
    scale: float = 1.0
    decay: bool = True
    classifier: bool = False


def optimizer(groups: Sequence[ParameterGroup], recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer over `groups`, in their order; their scales are for whoever sets the rates."""
    if recipe.optimizer == "muon":
        return _muon(groups, recipe)
    if recipe.optimizer == "sgd":
        plain = [_plain(group, recipe) for group in groups]
        return torch.optim.SGD(plain, lr=recipe.lr, momentum=MOMENTUM, nesterov=True, fused=True)
    return torch.optim.AdamW([_plain(group, recipe) for group in groups], lr=recipe.lr, fused=True)


def _muon(groups: Sequence[ParameterGroup], recipe: Recipe) -> torch.optim.Optimizer:
    """timm's, which computes in bfloat16 and takes no other word for it: in float32 where that would be emulated."""
    from timm.optim import muon

    if "bf16" not in precisions(groups[0].params[0].device.type):
        plain = partial(muon.zeropower_via_newtonschulz, dtype=torch.float32)
        muon.zeropower_via_newtonschulz = plain
    routed = [{**_plain(group, recipe), **_route(group)} for group in groups]
    return muon.Muon(routed, lr=recipe.lr)


def _plain(group: ParameterGroup, recipe: Recipe) -> dict[str, Any]:
    """As torch takes it."""
    return {"params": list(group.params), "weight_decay": recipe.weight_decay if group.decay else 0.0}


def _route(group: ParameterGroup) -> dict[str, bool]:
    return {"use_fallback": True} if group.classifier or not group.decay else {}
