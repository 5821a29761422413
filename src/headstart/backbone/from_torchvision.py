"""torchvision networks, for what timm lacks. Their cuts are found by watching one pass on the meta device."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn
from torchvision import models
from torchvision.models import _api

from headstart.backbone import checkpoints, watch
from headstart.backbone.backbone import Source
from headstart.backbone.entry import Entry
from headstart.backbone.network import Network, given, nearest, offered, read
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError

# What these builders set when they are given weights, needed as well where the weights come from a file.
_FROM_TENSORFLOW = {"transform_input": True, "init_weights": False}
_AS_TRAINED = {"inception_v3": _FROM_TENSORFLOW, "googlenet": _FROM_TENSORFLOW}


def names() -> list[str]:
    """torchvision's classification networks."""
    return models.list_models(module=models)


def entries() -> list[Entry]:
    return [_entry(name) for name in names()]


def _entry(name: str) -> Entry:
    return offered(name, "torchvision", _default(name).transforms().crop_size[0], here=here(name))


def here(name: str) -> bool:
    """Whether the weights of torchvision's `name` lie on this machine."""
    return name in names() and checkpoints.has(_default(name).url)


def _default(name: str) -> Any:
    """torchvision's best weights for the network called `name`."""
    registered: Any = models.get_model_weights(name)
    return registered.DEFAULT


def network(name: str, kwargs: Mapping[str, Any], file: str | None, *, pretrained: bool) -> Network:
    """torchvision's `name`. Raises BackboneError, OfflineError, OutputError, WeightsError."""
    if name not in names():
        raise BackboneError(f"torchvision:{name}: no such network; {nearest(name, names(), 'torchvision')}")
    default = _default(name)
    stored = read(file)
    download = pretrained and file is None
    if download:
        checkpoints.fetch(default.url, f"torchvision:{name}")
    module = _created(name, kwargs, default if download else None)
    preprocess = _preprocess(default.transforms())
    labels = tuple(default.meta["categories"])
    taps, head = _taps_and_head(module, len(labels), preprocess.size)
    made = Network(module.eval(), preprocess, Source("ImageNet", len(labels), labels), taps, head)
    return given(made, stored, pretrained=pretrained)


def _created(name: str, kwargs: Mapping[str, Any], weights: Any) -> nn.Module:
    made = kwargs if weights is not None else {**_AS_TRAINED.get(name, {}), **kwargs}
    try:
        with _tensors_only():
            return models.get_model(name, weights=weights, **made)
    except TypeError as error:
        raise BackboneError(f"torchvision:{name}: does not take these --model-kwargs ({error})") from error


@contextlib.contextmanager
def _tensors_only() -> Iterator[None]:
    """Within the block torchvision's weights are read as tensors; by itself it would run their pickles."""
    original = _api.load_state_dict_from_url
    _api.load_state_dict_from_url = functools.partial(original, weights_only=True)
    try:
        yield
    finally:
        _api.load_state_dict_from_url = original


def _preprocess(preset: Any) -> Preprocess:
    size = preset.crop_size[0]
    return Preprocess(
        size=size,
        resize=max(size, preset.resize_size[0]),
        interpolation=preset.interpolation.value,
        mean=tuple(preset.mean),
        std=tuple(preset.std),
    )


def _taps_and_head(module: nn.Module, outputs: int, size: int) -> tuple[tuple[str, ...], str]:
    """(the default cuts, the last layer that puts out one score per class)"""
    layers = [
        name
        for name, layer in module.named_modules()
        if (isinstance(layer, nn.Linear) and layer.out_features == outputs)
        or (isinstance(layer, nn.Conv2d) and layer.out_channels == outputs)
    ]
    if not layers:
        raise BackboneError(f"no layer puts out {outputs} scores; the classifier cannot be found")
    return watch.default_cuts(module, layers[-1], size), layers[-1]
