"""timm networks: every architecture timm has pre-trained weights for."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from headstart.backbone import hub  # isort: skip - it settles the hub's settings before timm reads them

import timm
from timm.data.config import resolve_data_config
from torch import nn

from headstart.backbone.backbone import Source
from headstart.backbone.network import Entry, Network, fill, nearest, stored_outputs
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, OfflineError


def entries() -> list[Entry]:
    return [
        Entry(f"timm:{name}", "timm", "downloaded on first use") for name in timm.list_models(pretrained=True)
    ]


def network(name: str, kwargs: Mapping[str, Any], file: str | None, *, pretrained: bool) -> Network:
    """timm's `name` (with or without a weights tag). Raises BackboneError, OfflineError, WeightsError."""
    if not timm.is_model(name):
        raise BackboneError(
            f"timm:{name}: timm {timm.__version__} has no such network; "
            f"{nearest(name, timm.list_models(pretrained=True), 'timm')}"
        )
    config = _config(name)
    head = config.classifier if config is not None else None
    if not isinstance(head, str):
        raise BackboneError(
            f"timm:{name}: has {'several classifiers' if head else 'no classifier'}; expected one"
        )
    download = pretrained and file is None
    if download and (config is None or not config.has_weights):
        raise BackboneError(
            f"timm:{name}: timm has no pre-trained weights for it; give some with --weights FILE"
        )
    outputs = stored_outputs(file, head)
    extra = {} if outputs is None else {"num_classes": outputs}
    module = _created(name, {**extra, **kwargs}, download=download)
    if pretrained and file is not None:
        fill(module, file)
    return Network(module.eval(), _preprocess(module), Source("ImageNet", 0), _taps(module), head)


def _config(name: str) -> Any:
    """timm's facts about the weights called `name`. Raises BackboneError where they have no such tag."""
    try:
        return timm.get_pretrained_cfg(name)
    except RuntimeError as error:
        architecture = name.partition(".")[0]
        tags = ", ".join(timm.list_models(f"{architecture}.*", pretrained=True)[:8])
        raise BackboneError(f"timm:{name}: no weights of that tag; there are {tags or 'none'}") from error


def _reason(error: Exception) -> str:
    """The first line of what an error says, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _created(name: str, kwargs: Mapping[str, Any], *, download: bool) -> nn.Module:
    try:
        with hub.asked_once() if download else contextlib.nullcontext():
            return timm.create_model(name, pretrained=download, **kwargs)
    except (TypeError, AssertionError, ValueError, LookupError) as error:
        raise BackboneError(f"timm:{name}: does not take these --model-kwargs ({_reason(error)})") from error
    except RuntimeError as error:
        raise BackboneError(f"timm:{name}: cannot be made: {_reason(error)}") from error
    except OSError as error:
        if not download:
            raise BackboneError(f"timm:{name}: cannot be made: {_reason(error)}") from error
        raise OfflineError(
            f"timm:{name}: its weights are not on this machine and could not be downloaded; "
            "go online once, or give a local file with --weights FILE"
        ) from error


def _taps(module: nn.Module) -> tuple[str, ...]:
    """The ends of timm's own stages; names that are no modules (functional activations) are passed over."""
    info = getattr(module, "feature_info", None)
    known = {name for name, _ in module.named_modules()}
    names = [entry.get("module", "") for entry in getattr(info, "info", info) or ()]
    return tuple(dict.fromkeys(name for name in names if name in known and name))


def _preprocess(module: nn.Module) -> Preprocess:
    config = resolve_data_config({}, model=module)
    size = config["input_size"][-1]
    return Preprocess(
        size=size,
        resize=max(size, int(size / config["crop_pct"])),
        interpolation=config["interpolation"],
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    )
