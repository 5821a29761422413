"""The form in which timm loads a bundle: `timm.create_model("local-dir:BUNDLE", pretrained=True)`.

It exists where the network is a timm one, cut at the top, with one linear layer: then trunk and head together are
exactly a timm network with its classifier replaced.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from headstart import files
from headstart.backbone import PRE_LOGITS, lite0
from headstart.errors import BundleError
from headstart.extras import needed_for
from headstart.model.formats.format import Format
from headstart.model.formats.reader import Outputs, Reader, of_logits
from headstart.model.info import CONFIG
from headstart.model.model import WEIGHTS, Model

FORMAT = Format(
    ending="",
    about=(
        "a folder that timm loads; its scores are the bundle's divided by the temperature, "
        "so that their softmax is calibrated"
    ),
    use="""```python
import timm, torch
from PIL import Image, ImageOps
network = timm.create_model("local-dir:FOLDER", pretrained=True).eval()
prepare = timm.data.create_transform(**timm.data.resolve_model_data_config(network))
picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGB")
with torch.no_grad():
    probabilities = network(prepare(picture)[None]).softmax(1)  # [1, classes]
classes = network.pretrained_cfg["label_names"]  # their names in the same order, from config.json
```""",
    library="timm",
    from_hub=True,
)


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


def export(model: Model, place: Path) -> None:
    """Writes config.json and the weights into a new folder. Raises BundleError, which says why, where timm could not
    load the model."""
    from safetensors.numpy import load_file, save

    if reason := unfit(model):
        raise BundleError(f"{model.folder}: {reason}; export it to torch or onnx")
    assert model.folder is not None
    tensors, cold = load_file(model.folder / WEIGHTS), np.float32(model.certainty.temperature or 1)
    for part in ("weight", "bias"):
        tensors[f"{model.backbone.head}.{part}"] = tensors[f"{model.backbone.head}.{part}"] / cold
    place.mkdir()
    (place / CONFIG).write_text(
        json.dumps(config(model), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    # What transformers' loader looks for: whose tensors these are.
    files.write_bytes(place / WEIGHTS, save(tensors, {"format": "pt"}))


def unfit(model: Model) -> str:
    """Why timm cannot load the model with the bundle's answers; "" where it can."""
    if fits(model):
        return ""
    if not _network(model).startswith("timm:"):
        return f"{model.backbone.name} is no network of timm's"
    if len(model.head.layers) > 1:
        return "its head has two layers, and timm's networks end in one"
    if model.plan.cut != (PRE_LOGITS,):
        return f"it is cut at {'+'.join(model.plan.cut)}, and timm's networks are read at the top"
    return "its pooling, or its classifier, is not one that timm gives the network"


def opened(place: Path, model: Model) -> Reader:
    """The folder in timm. Raises MissingError."""
    with needed_for("export to timm"):
        import torch
        from timm import create_model
        from timm.data import create_transform, resolve_model_data_config  # pyright: ignore[reportPrivateImportUsage]

    network = create_model(f"local-dir:{place}", pretrained=True).eval()
    prepare: Any = create_transform(**resolve_model_data_config(network))

    def answers(x: Any) -> Outputs:
        with torch.inference_mode():
            return of_logits(network(x).numpy(), model)

    def whole(pictures: np.ndarray) -> Outputs:
        from PIL import Image

        return answers(torch.stack([prepare(Image.fromarray(one)) for one in pictures]))

    preprocess = model.backbone.preprocess
    return Reader(lambda frames: answers(torch.from_numpy(preprocess.normalise(frames))), whole, "timm")
