"""The form in which timm loads a bundle: `timm.create_model("local-dir:BUNDLE", pretrained=True)`.

It exists where the network is a timm one, cut at the top, with one linear layer: then trunk and head together are
exactly a timm network with its classifier replaced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headstart.backbone import PRE_LOGITS, lite0
from headstart.model.model import Model


def fits(model: Model) -> bool:
    """True where timm can load the model with equal logits."""
    cut = model.cuts[0]
    return (
        _network(model).startswith("timm:")
        and model.plan.cut == (PRE_LOGITS,)
        and len(model.head.layers) == 1
        and cut.width(model.plan.pool) == cut.channels
        and model.backbone.classifies  # else the form of the classifier, linear or 1×1 convolution, is not known
    )


def _network(model: Model) -> str:
    """The network's name, where a library has it its name there."""
    return lite0.NETWORK if model.backbone.name == lite0.NAME else model.backbone.name


def config(model: Model) -> dict[str, Any]:
    """timm's `config.json`: architecture, its arguments, classes and preparation."""
    prepared, backbone = model.backbone.preprocess, model.backbone
    own = {key: value for key, value in backbone.model_kwargs.items() if key != "num_classes"}
    return {
        "architecture": _network(model).removeprefix("timm:").partition(".")[0],
        "num_classes": len(model.classes),
        "label_names": list(model.classes),
        **({"model_args": own} if own else {}),
        "pretrained_cfg": {
            "custom_load": False,
            "input_size": [3, prepared.size, prepared.size],
            "interpolation": prepared.interpolation,
            "crop_pct": _crop_pct(prepared.size, prepared.resize),
            "crop_mode": "center",
            "mean": list(prepared.mean),
            "std": list(prepared.std),
            "num_classes": len(model.classes),
            "classifier": backbone.head,
        },
    }


def _crop_pct(size: int, resize: int) -> float:
    """The share from which timm gets back `resize`, which it takes as floor(size / share)."""
    share = size / resize
    return share if int(size / share) == resize else size / (resize + 0.5)


def head_tensors(model: Model, *, convolution: bool) -> dict[str, np.ndarray]:
    """The head under the classifier's own names; in the shape of a 1×1 convolution where the network has one."""
    (weight, bias), name = model.head.layers[0], model.backbone.head
    return {f"{name}.weight": weight[:, :, None, None] if convolution else weight, f"{name}.bias": bias}
