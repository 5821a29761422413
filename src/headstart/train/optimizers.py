"""Optimizers by name: AdamW (Loshchilov & Hutter 2019), and Muon (Jordan et al. 2024) for training from scratch.

Muon turns each weight matrix's step into the nearest orthogonal one, so that no direction is learnt much faster than
another. Vectors and the classifier, for which it is not meant, go by AdamW in the same optimizer; so do depthwise
filters and very long matrices, by timm's own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

from headstart.plan.recipe import Recipe
from headstart.runtime.torch import precisions


def optimizer(groups: Sequence[dict[str, Any]], recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer over `groups`: {"params", "decay"}, and "classifier", which Muon leaves to AdamW."""
    if recipe.optimizer == "muon":
        return _muon([{**_group(g, recipe), **_route(g)} for g in groups], recipe.lr)
    return torch.optim.AdamW([_group(g, recipe) for g in groups], lr=recipe.lr, fused=True)


def _muon(groups: list[dict[str, Any]], lr: float) -> torch.optim.Optimizer:
    """timm's, which computes in bfloat16 and takes no other word for it: in float32 where that would be emulated."""
    from timm.optim import muon

    if "bf16" not in precisions(groups[0]["params"][0].device.type):
        plain = partial(muon.zeropower_via_newtonschulz, dtype=torch.float32)
        muon.zeropower_via_newtonschulz = plain
    return muon.Muon(groups, lr=lr)


def _group(group: dict[str, Any], recipe: Recipe) -> dict[str, Any]:
    return {"params": group["params"], "weight_decay": recipe.weight_decay if group["decay"] else 0.0}


def _route(group: dict[str, Any]) -> dict[str, Any]:
    return {"use_fallback": True} if group.get("classifier") or not group["decay"] else {}
