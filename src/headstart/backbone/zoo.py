"""The zoo: names to networks. `small` and `demo-cnn` ship in the package, a folder written by `headstart pretrain` is a
backbone too, `timm:NAME` and `torchvision:NAME` come from their libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from headstart.backbone import folder as folders
from headstart.backbone import learnt, listing, own, padding, scale, sizes
from headstart.backbone.anatomy import dissect
from headstart.backbone.backbone import PRE_LOGITS, Backbone, Source
from headstart.backbone.families import family_of
from headstart.backbone.fingerprint import fingerprint
from headstart.backbone.network import Network
from headstart.backbone.spec import NetworkSpec
from headstart.backbone.turn import TURN
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, WeightsError


def load(spec: NetworkSpec, *, pretrained: bool = True) -> tuple[Backbone, list[str], nn.Module]:
    """(the backbone that is asked for, with its cuts, owners and preparation read off the network; what is to be said
    of it; that network).

    pretrained: False does without weights, since stages do not hang on them; the hash is then "".
    Raises BackboneError, WeightsError, OfflineError.
    """
    name, weights, kwargs = spec.name, spec.weights, spec.model_kwargs
    network = _network(name, kwargs, weights, pretrained=pretrained)
    notes = [*network.notes]
    if weights is not None and pretrained:
        network, kwargs = _padded(name, kwargs, weights, network, notes)
    prepared = network.preprocess if spec.image_size is None else network.preprocess.at(spec.image_size)
    prepared = _prepared(network, prepared, spec.preprocess, weights, notes)
    extra = [tap for tap in spec.taps if tap not in network.taps and tap != PRE_LOGITS]
    anatomy = dissect(network.module, [*network.taps, *extra], network.head, prepared.size)
    if anatomy.trouble:
        notes.append(sizes.shortened(name, prepared.size, anatomy.stages, anatomy.trouble))
    elif prepared.size < network.preprocess.size:
        notes += _too_small(name, prepared.size, network)
    state = network.module.state_dict()
    backbone = Backbone(
        name=name,
        stages=anatomy.stages,
        preprocess=prepared,
        weights_sha256=fingerprint({name: t.numpy() for name, t in state.items()}) if pretrained else "",
        source=_source(network, prepared.size, anatomy.outputs, pretrained=pretrained),
        head=network.head,
        owners=anatomy.owners,
        model_kwargs=dict(kwargs),
        weights=weights,
    )
    return backbone, notes, network.module


def _source(network: Network, size: int, outputs: int, *, pretrained: bool) -> Source:
    """What is known of the source; where its card holds no statistics, what batch normalisation tells of them."""
    source = replace(network.source, num_classes=outputs)
    if source.statistics or not pretrained:
        return source
    known = learnt.means(network.module, network.head, size)
    return replace(source, statistics={PRE_LOGITS: known}) if known else source


# By the padding that weights tell: timm's options for it, and its words. Whoever trained with "same" did so with
# TensorFlow or its kin, whose normalisation adds more to the variance; how much, cannot be told from outside.
_OPTIONS = {"same": {"pad_type": "same", "bn_eps": 1e-3}, "": {"pad_type": ""}}
_PADDINGS = {"same": "TensorFlow's padding", "": "PyTorch's padding"}


def _padded(
    name: str, kwargs: Mapping[str, Any], weights: str, network: Network, notes: list[str]
) -> tuple[Network, Mapping[str, Any]]:
    """What the user gives holds; else weights from a file are asked which padding they were trained with.

    Returns the network with that padding, and its options.
    """
    trained = None if "pad_type" in kwargs else padding.seen(network.module)
    if trained is None:
        return network, kwargs
    wanted = {**_OPTIONS[trained], **kwargs}
    said = f"weights {weights}: their filters were trained with {_PADDINGS[trained]}"
    try:
        network = _network(name, wanted, weights, pretrained=True)
    except BackboneError as error:
        if isinstance(error, WeightsError):
            raise
        notes.append(
            f"{said}, which {name} has no option for: expect less of it than of the network they come from"
        )
        return network, kwargs
    chosen = " ".join(f"{key}={value}" for key, value in wanted.items() if key not in kwargs)
    other = "" if trained == "same" else "same"
    notes.append(f"{said}: made with --model-kwargs {chosen}; --model-kwargs pad_type={other} overrules")
    return network, wanted


def _prepared(
    network: Network, preprocess: Preprocess, given: Mapping[str, Any], weights: str | None, notes: list[str]
) -> Preprocess:
    """What the user gives holds; else weights from a file are asked which scale of input they have seen."""
    prepared = replace(preprocess, **given)
    if weights is None or {"mean", "std"} & set(given):
        return prepared
    seen = scale.seen(
        network.module, replace(prepared, size=network.preprocess.size, resize=network.preprocess.resize)
    )
    seen = replace(prepared, mean=seen.mean, std=seen.std)
    if seen != prepared:
        notes.append(
            f"weights {weights}: their batch normalisation was trained on inputs of mean {list(seen.mean)}, "
            f"std {list(seen.std)}, not {list(prepared.mean)}, {list(prepared.std)}: prepared so; "
            "--mean and --std overrule"
        )
    return seen


def build(backbone: Backbone, *, pretrained: bool, seed: int) -> nn.Module:
    """The torch module behind `backbone`, in eval mode. See headstart.backbone.build."""
    if backbone.graph:
        with TURN:
            return own.build(backbone, pretrained=pretrained, seed=seed)
    with TURN, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network(backbone.name, backbone.model_kwargs, backbone.weights, pretrained=pretrained)
    return network.module


def parameters(name: str) -> int | None:
    """Number of parameters, its own classifier's too, counted without memory for them; None where it cannot be made."""
    try:
        with torch.device("meta"):
            module = _network(name, {}, None, pretrained=False).module
    except (
        BackboneError,
        RuntimeError,
        NotImplementedError,
    ):  # what needs values, or a package that is not here
        return None
    return sum(p.numel() for p in module.parameters())


def _network(name: str, kwargs: Mapping[str, Any], file: str | None, *, pretrained: bool) -> Network:
    with TURN:
        return _make(name, kwargs, file, pretrained=pretrained)


def _make(name: str, kwargs: Mapping[str, Any], file: str | None, *, pretrained: bool) -> Network:
    found = family_of(name)
    if found is not None:
        family, rest = found
        return family.network(rest, kwargs, file, pretrained=pretrained)
    folder = folders.find(name)
    if folder is None:
        raise listing.unknown(name)
    return folders.network(folder, kwargs, file, pretrained=pretrained)


def _too_small(name: str, size: int, network: Network) -> list[str]:
    """What is to be said where pictures of `size` are smaller than what one place of the network's last map stands for
    at its own size."""
    try:
        own = dissect(network.module, network.taps, network.head, network.preprocess.size)
    except BackboneError:  # options made it for another size
        return []
    return sizes.too_small(name, size, own.stages)
