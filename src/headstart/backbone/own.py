"""The user's own network: any torch module becomes a Backbone.

No name leads to such a network and no file holds its class, so that its Backbone carries it: a copy, in memory, which
the user's own training no longer changes. What it computes is told by the graph that torch's tracing finds, since names
and bytes of tensors say nothing of the layers between them.
"""

from __future__ import annotations

import contextlib
import copy
import re
import secrets
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from headstart.backbone import watch
from headstart.backbone.anatomy import dissect
from headstart.backbone.backbone import Backbone, Source
from headstart.backbone.families import family_of
from headstart.backbone.fingerprint import fingerprint
from headstart.backbone.noise import COLOUR
from headstart.backbone.turn import TURN
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError
from headstart.files import sha256_of

IMAGENET = Preprocess(224, 256, "bilinear", COLOUR, (0.229, 0.224, 0.225))
# What a network's own code raises where it does not take what it is given.
_REFUSALS = (
    RuntimeError,
    TypeError,
    ValueError,
    AssertionError,
    LookupError,
    AttributeError,
    NotImplementedError,
)


def backbone_of(
    module: nn.Module,
    *,
    preprocess: Preprocess | Mapping[str, Any] | None = None,
    name: str = "own",
    head: str | None = None,
    taps: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> Backbone:
    """See headstart.backbone.backbone_of, which asks for torch only when it is called. Raises BackboneError."""
    if not isinstance(module, nn.Module):
        raise BackboneError(f"{name}: a {type(module).__name__}; expected a torch.nn.Module")
    if family_of(name) is not None:
        raise BackboneError(f"name {name!r} is of a library's network; give your own another one")
    prepared = _prepared(preprocess)
    network = _copied(module, name)
    with _explained(name, prepared.size):
        head = head or _last_layer(network, name, prepared.size)
        taps = taps or watch.default_cuts(network, head, prepared.size)
        anatomy = dissect(network, tuple(taps), head, prepared.size)
    if anatomy.trouble or not anatomy.outputs:
        reason = anatomy.trouble or f"{head} scores nothing"
        raise BackboneError(
            f"{name}: does not run up to its classifier {head} at {prepared.size} px ({reason})"
        )
    if classes and len(classes) != anatomy.outputs:
        raise BackboneError(f"{name}: {len(classes)} classes, its classifier has {anatomy.outputs} outputs")
    return Backbone(
        name=name,
        stages=anatomy.stages,
        preprocess=prepared,
        weights_sha256=fingerprint({key: t.numpy() for key, t in network.state_dict().items()}),
        source=Source("unknown", anatomy.outputs, tuple(classes)),
        head=head,
        owners=anatomy.owners,
        graph=_graph(network, prepared.size),
        module=network,
    )


def build(backbone: Backbone, *, pretrained: bool, seed: int) -> nn.Module:
    """A copy of the network in eval mode, its weights its own, or drawn anew by `seed`. Raises BackboneError."""
    if backbone.module is None:
        raise BackboneError(
            f"{backbone.name}: a network of one's own, whose class is kept nowhere; make it again and give it to "
            "backbone_of(), or predict with OpenVINO, which needs no class"
        )
    module = _copied(backbone.module, backbone.name)
    if not pretrained:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            _redraw(module, backbone.name)
    return module


def carrying(backbone: Backbone, module: nn.Module) -> Backbone:
    """The backbone of such a network, as a bundle tells of it, with the network itself; its weights do not matter.

    Raises BackboneError where `module` computes something else.
    """
    network = _copied(module, backbone.name)
    with _explained(backbone.name, backbone.preprocess.size):
        same = _graph(network, backbone.preprocess.size) == backbone.graph
    if not same:
        raise BackboneError(f"{backbone.name}: the module given is another network than the bundle's")
    return replace(backbone, module=network)


def _prepared(given: Preprocess | Mapping[str, Any] | None) -> Preprocess:
    if isinstance(given, Preprocess):
        return given
    fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in (given or {}).items()}
    try:
        return replace(IMAGENET.at(fields.get("size", IMAGENET.size)), **fields)
    except TypeError as error:
        known = ", ".join(IMAGENET.to_dict())
        raise BackboneError(
            f"preprocess: {sorted(fields)}: expected fields of Preprocess ({known})"
        ) from error


def _copied(module: nn.Module, name: str) -> nn.Module:
    """A copy in eval mode on the CPU, in float32, all of which can be trained."""
    try:
        with TURN:
            network = copy.deepcopy(module).to("cpu").float().eval()
    except _REFUSALS as error:
        raise BackboneError(f"{name}: cannot be copied ({_reason(error)})") from error
    for parameter in network.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    return network


@contextlib.contextmanager
def _explained(name: str, size: int):
    """What the network itself raises becomes one line."""
    try:
        yield
    except BackboneError:
        raise
    except _REFUSALS as error:
        raise BackboneError(f"{name}: does not run at {size} px ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _last_layer(module: nn.Module, name: str, size: int) -> str:
    """The name of the last linear layer, or 1×1 convolution, that runs. Raises BackboneError where none does."""
    layers = [
        (path, layer)
        for path, layer in module.named_modules()
        if isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1))
    ]
    ran = list(watch.shapes(module, layers, size))
    if not ran:
        raise BackboneError(
            f"{name}: has no linear layer or 1×1 convolution to take for its classifier; name its head"
        )
    return ran[-1]


def _graph(module: nn.Module, size: int) -> str:
    """Hash of what the network computes, its weights aside; one that no other has where torch cannot trace it."""
    try:
        with TURN, torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python branches on shapes, which are fixed here
            traced: Any = torch.jit.trace(module, torch.zeros(2, 3, size, size), check_trace=False)
            text = traced.inlined_graph.str(False)
    except _REFUSALS:
        return secrets.token_hex(32)
    # Where a class is defined, and how many of its name the process has seen, is no part of it.
    return sha256_of(re.sub(r"__torch__[\w.]*", "", text))


def _redraw(module: nn.Module, name: str) -> None:
    """Draws all weights anew, each layer as it does itself. Raises BackboneError where one cannot."""
    for path, part in module.named_modules():
        reset = getattr(part, "reset_parameters", None) or getattr(part, "_reset_parameters", None)
        if callable(reset):
            reset()
        elif any(True for _ in part.parameters(recurse=False)):
            raise BackboneError(
                f"{name}: {path or 'the network'} ({type(part).__name__}) cannot be drawn at random; give its class a "
                "reset_parameters()"
            )
