"""timm networks: every architecture timm has pre-trained weights for."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headstart.backbone import hub  # isort: skip - it settles the hub's settings before timm reads them

import timm
from timm.data.config import resolve_data_config
from timm.models import load_model_config_from_hf
from torch import nn

from headstart.backbone import checkpoints, refusals
from headstart.backbone.backbone import Source, check_options
from headstart.backbone.entry import Entry
from headstart.backbone.network import Network, given, nearest, offered, read
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError

_HUB = "hf-hub:"  # what timm's own names of networks on the hub begin with


@dataclass(frozen=True)
class _Facts:
    """What is known of a network before it is made. head: the classifier's name, or what else timm says of it;
    repository, file: where its weights lie on the hub, where they do, the file where its name is not a usual one;
    url: where they lie else."""

    head: Any
    pretrained: bool
    source: str = "ImageNet"
    repository: str | None = None
    file: str | None = None
    url: str | None = None


def entries() -> list[Entry]:
    return [_entry(name) for name in timm.list_models(pretrained=True)]


def _entry(name: str) -> Entry:
    config: Any = timm.get_pretrained_cfg(name)
    return offered(name, "timm", config.input_size[-1], here=_here(config))


def here(name: str) -> bool:
    """Whether the weights of timm's `name` lie on this machine."""
    if name.startswith(_HUB):
        return hub.has(name.removeprefix(_HUB))
    try:
        return _here(timm.get_pretrained_cfg(name)) if timm.is_model(name) else False
    except RuntimeError:  # no weights of that tag
        return False


def _here(config: Any) -> bool:
    if config is None:
        return False
    if config.hf_hub_id:
        return hub.has(config.hf_hub_id, config.hf_hub_filename)
    return isinstance(config.url, str) and checkpoints.has(config.url)


def network(name: str, kwargs: Mapping[str, Any], file: str | None, *, pretrained: bool) -> Network:
    """timm's `name` (with or without a weights tag, or "hf-hub:owner/name"). Raises BackboneError, OfflineError,
    WeightsError."""
    check_options(f"timm:{name}", kwargs)
    facts = _from_hub(name) if name.startswith(_HUB) else _known(name)
    if not isinstance(facts.head, str):
        raise BackboneError(
            f"timm:{name}: has {'several classifiers' if facts.head else 'no classifier'}; expected one"
        )
    download = pretrained and file is None
    if download and not facts.pretrained:
        raise BackboneError(
            f"timm:{name}: timm has no pre-trained weights for it; give some with --weights FILE"
        )
    stored = read(file)
    outputs = stored and stored.outputs(facts.head)
    extra = {} if outputs is None else {"num_classes": outputs}
    if download and facts.repository:
        _fetch(name, facts.repository, facts.file)
    elif download and facts.url:
        checkpoints.fetch(facts.url, f"timm:{name}")
    module = _created(name, {**extra, **kwargs}, download=download).eval()
    made = Network(module, _preprocess(module), Source(facts.source, 0), _taps(module), facts.head)
    return given(made, stored, pretrained=pretrained)


def _known(name: str) -> _Facts:
    """Of a network that timm lists. Raises BackboneError where it has none such, or no weights of such a tag."""
    if not timm.is_model(name):
        raise BackboneError(
            f"timm:{name}: timm {timm.__version__} has no such network; "
            f"{nearest(name, timm.list_models(pretrained=True), 'timm')}"
        )
    try:
        config = timm.get_pretrained_cfg(name)
    except RuntimeError as error:
        architecture = name.partition(".")[0]
        tags = ", ".join(timm.list_models(f"{architecture}.*", pretrained=True)[:8])
        raise BackboneError(f"timm:{name}: no weights of that tag; there are {tags or 'none'}") from error
    if config is None:
        return _Facts(None, False)
    url = config.url if isinstance(config.url, str) else None
    place = (config.hf_hub_id or None, config.hf_hub_filename or None, url)
    return _Facts(config.classifier, bool(config.has_weights), "ImageNet", *place)


def _from_hub(name: str) -> _Facts:
    """Of a network that someone has put on the hub, as its card there says. Raises BackboneError, OfflineError."""
    owned = name.removeprefix(_HUB)
    try:
        _fetch(name, owned, "config.json")
        with hub.quietly(offline=True):
            config, architecture, _ = load_model_config_from_hf(owned)
    except (ValueError, LookupError, TypeError) as error:
        raise BackboneError(
            f"timm:{name}: the hub has no timm network of that name ({_reason(error)})"
        ) from error
    usual = timm.get_pretrained_cfg(architecture or "", allow_unregistered=True)
    head = (config or {}).get("classifier") or (usual and usual.classifier)
    return _Facts(head, True, f"the pictures of {owned}", owned)


def _fetch(name: str, repository: str, file: str | None) -> None:
    """Brings a file, or the weights, into the hub's cache. Raises BackboneError and its kin, OutputError."""
    try:
        hub.fetch(repository, file)
    except refusals.raised() as error:
        raise refusals.refused(error, f"timm:{name}", repository, _near(repository)) from error


def _near(repository: str) -> str:
    """Networks of timm's whose repositories have a name like this."""
    owned = {f"timm/{name}": f"timm:{name}" for name in timm.list_models(pretrained=True)}
    near = difflib.get_close_matches(repository, owned, n=2, cutoff=0.75)
    return f"did you mean {' or '.join(owned[one] for one in near)}? " if near else ""


def _reason(error: Exception) -> str:
    """The first line of what an error says, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _created(name: str, kwargs: Mapping[str, Any], *, download: bool) -> nn.Module:
    """The network; its weights lie in the hub's cache by now, or come from elsewhere."""
    try:
        with hub.quietly(offline=True) if download else contextlib.nullcontext():
            return timm.create_model(name, pretrained=download, **kwargs)
    except (TypeError, AssertionError, ValueError, LookupError) as error:
        raise BackboneError(f"timm:{name}: does not take these --model-kwargs ({_reason(error)})") from error
    except RuntimeError as error:
        raise BackboneError(f"timm:{name}: cannot be made: {_reason(error)}") from error
    except OSError as error:
        if not download:
            raise BackboneError(f"timm:{name}: cannot be made: {_reason(error)}") from error
        raise refusals.refused(error, f"timm:{name}", name) from error


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
