"""Backbone, Stage, cut points; where weights come from; the embedded networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from headstart import progress
from headstart.backbone import boxed
from headstart.backbone.backbone import EPSILON, HEAD, MAP, PRE_LOGITS, Backbone, Source, Stage
from headstart.backbone.spec import NetworkSpec
from headstart.extras import needed_for

if TYPE_CHECKING:
    from torch import nn

    from headstart.backbone.entry import Entry
    from headstart.data.preprocess import Preprocess

__all__ = [
    "DEFAULT",
    "EPSILON",
    "HEAD",
    "MAP",
    "PRE_LOGITS",
    "Backbone",
    "NetworkSpec",
    "Source",
    "Stage",
    "available",
    "backbone_of",
    "build",
    "here",
    "load",
    "outline",
    "parameters",
    "untrained_copy",
]

DEFAULT = "small"


def load(
    name: str = DEFAULT,
    *,
    weights: str | None = None,
    model_kwargs: Mapping[str, Any] | None = None,
    preprocess: Mapping[str, Any] | None = None,
    image_size: int | None = None,
    taps: Sequence[str] = (),
) -> Backbone:
    """The backbone called `name`. The rest is as NetworkSpec tells; what is known already is known without torch.

    Raises BackboneError, WeightsError, OfflineError.
    """
    from headstart.backbone import cache as networks

    return networks.load(
        NetworkSpec.of(
            name,
            weights=weights,
            model_kwargs=model_kwargs,
            preprocess=preprocess,
            image_size=image_size,
            taps=taps,
        )
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
    """The backbone of a torch module of one's own: float32 [B, 3, S, S] → logits [B, S'].

    The module stays as it is; a copy in eval mode is what is spoken of. A bundle made of it predicts without its class.

    preprocess  how pictures become inputs: a Preprocess, or those of its fields that are not ImageNet's at 224 px
    name        what it is called from now on
    head        the classifier's name; None is the last linear layer or 1×1 convolution that runs
    taps        names of the modules whose outputs are cuts; none is the last map at each resolution
    classes     what the classifier's outputs stand for, where that is known

    Raises BackboneError where it does not run, branches on the values that it computes, has no classifier, or the rest
    does not fit it.
    """
    with needed_for("backbone_of"):
        from headstart.backbone import own

    return own.backbone_of(module, preprocess=preprocess, name=name, head=head, taps=taps, classes=classes)


def outline(
    name: str,
    *,
    model_kwargs: Mapping[str, Any] | None = None,
    preprocess: Mapping[str, Any] | None = None,
    image_size: int | None = None,
    taps: Sequence[str] = (),
) -> Backbone:
    """The backbone called `name` as far as it can be known without its weights: to be drawn, not to be run.

    `weights_sha256` is "". Raises BackboneError, and OfflineError where even its card lies elsewhere.
    """
    spec = NetworkSpec.of(
        name, model_kwargs=model_kwargs, preprocess=preprocess, image_size=image_size, taps=taps
    )
    found, notes = boxed.find(spec, pretrained=False) or _outline(spec)
    for note in notes:
        progress.say(note)
    return found


def _outline(spec: NetworkSpec) -> tuple[Backbone, list[str]]:
    with needed_for(f"backbone {spec.name!r}"):
        from headstart.backbone import zoo

        return zoo.load(spec, pretrained=False)[:2]


def build(backbone: Backbone, *, pretrained: bool = True, seed: int = 0) -> nn.Module:
    """The torch module with its original classifier, in eval mode: pre-trained, or random, drawn by `seed`.

    Raises WeightsError, OfflineError, MissingError.
    """
    with needed_for(f"{backbone.name} in torch"):
        from headstart.backbone import zoo

        return zoo.build(backbone, pretrained=pretrained, seed=seed)


def untrained_copy(backbone: Backbone, draw: int) -> nn.Module:
    """The `draw`-th copy with random weights, made fair; see headstart.backbone.untrained. Raises BackboneError."""
    with needed_for(f"{backbone.name} in torch"):
        from headstart.backbone import untrained

        return untrained.network(backbone, draw)


def available(pattern: str | None = None) -> list[Entry]:
    """Every backbone whose name holds `pattern`, those first whose name begins with it."""
    from headstart.backbone import listing

    return listing.available(pattern)


def here(name: str) -> bool:
    """Whether the weights of the backbone called `name` lie on this machine."""
    from headstart.backbone import listing

    return listing.here(name)


def parameters(name: str) -> int | None:
    """Number of parameters of the backbone called `name`, without its weights; None where it cannot be told."""
    if name in boxed.names():
        return boxed.parameters(name)
    with needed_for(f"backbone {name!r}"):
        from headstart.backbone import zoo

        return zoo.parameters(name)
