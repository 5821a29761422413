"""model.safetensors: all weights; the trunk's names, and the classifier's own name (timm) or `headstart_head.N`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headstart.backbone import cache as networks
from headstart.errors import BundleError
from headstart.heads.head import Head
from headstart.model.formats import timm
from headstart.model.model import WEIGHTS, Model

HEAD_PREFIX = "headstart_head"


def tensors(model: Model, loads_in_timm: bool) -> dict[str, np.ndarray]:
    """The trunk up to the cut and the head; from the weights that are kept, without torch, where they serve as they
    are."""
    plain = networks.state(model.backbone) if model.module is None and model.folder is None else None
    if plain is None:
        trunk, convolution = _from_module(model)
    else:
        rows = {row.stage for row in model.plan.rows}
        owners = model.backbone.owners
        trunk = {name: tensor for name, tensor in plain.items() if owners.get(name) in {None, *rows}}
        own = plain.get(f"{model.backbone.head}.weight")  # None where the weights came without a classifier
        convolution = own is not None and own.ndim == 4
    if loads_in_timm:
        return trunk | timm.head_tensors(model, convolution=convolution)
    for layer, (weight, bias) in enumerate(model.head.layers):
        trunk[f"{HEAD_PREFIX}.{layer}.weight"], trunk[f"{HEAD_PREFIX}.{layer}.bias"] = weight, bias
    return trunk


def _from_module(model: Model) -> tuple[dict[str, np.ndarray], bool]:
    """(the trunk's tensors, whether its own classifier is a 1×1 convolution)"""
    module = model.network().trunk.module
    tensors = {name: t.detach().cpu().contiguous().numpy() for name, t in module.state_dict().items()}
    return tensors, module.get_submodule(model.backbone.head)._get_name() == "Conv2d"


def head(folder: Path, classifier: str) -> Head:
    """The head's layers, read without torch. Raises BundleError."""
    from safetensors import SafetensorError, safe_open

    layers: list[tuple[np.ndarray, np.ndarray]] = []
    try:
        with safe_open(folder / WEIGHTS, framework="numpy") as tensors:
            names = set(tensors.keys())
            own = f"{HEAD_PREFIX}.0.weight" in names
            prefixes = [f"{HEAD_PREFIX}.{n}" for n in range(2)] if own else [classifier]
            for prefix in prefixes:
                if f"{prefix}.weight" in names:
                    weight = tensors.get_tensor(f"{prefix}.weight")
                    layers.append((weight.reshape(weight.shape[:2]), tensors.get_tensor(f"{prefix}.bias")))
    except SafetensorError as error:
        raise ValueError(f"{WEIGHTS}: {error}") from error
    if not layers:
        raise BundleError(f"{folder / WEIGHTS}: holds no head; save the bundle anew")
    return Head(tuple(layers))
