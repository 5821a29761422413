"""Optimizers by name: AdamW (Loshchilov & Hutter 2019), and Muon (Jordan et al. 2024) for training from scratch.

Muon turns each weight matrix's step into the nearest orthogonal one, so that no direction is learnt much faster than
another. Vectors and the classifier, for which it is not meant, go by AdamW in the same optimizer; so do depthwise
filters and very long matrices, by timm's own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from headstart.plan.plan import Recipe


def optimizer(groups: Sequence[dict[str, Any]], recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer over `groups`: {"params", "decay"}, and "classifier", which Muon leaves to AdamW."""
    if recipe.optimizer == "muon":
        from timm.optim.muon import Muon

        return Muon([{**_group(g, recipe), **_route(g)} for g in groups], lr=recipe.lr)
    return torch.optim.AdamW([_group(g, recipe) for g in groups], lr=recipe.lr, fused=True)


def _group(group: dict[str, Any], recipe: Recipe) -> dict[str, Any]:
    return {"params": group["params"], "weight_decay": recipe.weight_decay if group["decay"] else 0.0}


def _route(group: dict[str, Any]) -> dict[str, Any]:
    return {"use_fallback": True} if group.get("classifier") or not group["decay"] else {}
