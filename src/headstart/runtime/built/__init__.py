"""The networks in the box as OpenVINO operations: made without torch and without conversion, any tensors poured in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from headstart.backbone import EPSILON, Backbone, Stage, boxed, drawn
from headstart.backbone.noise import BATCH, BATCHES, pictures
from headstart.errors import BackboneError
from headstart.runtime.built.demo_cnn import demo_cnn
from headstart.runtime.built.efficientnet_lite import efficientnet_lite
from headstart.runtime.built.layers import LOGITS, Layers, Seen, Tensor
from headstart.runtime.built.small import small
from headstart.runtime.openvino import core, library

_TOPOLOGIES = {"small": small, "demo-cnn": demo_cnn, "lite0": efficientnet_lite}


def build(backbone: Backbone, draw: int | None, *, logits: bool) -> Any:
    """The network in the box as an OpenVINO model of the form that convert() gives: for every stage the mean and, where
    it has places, the spread, then the logits; float32, with a free batch dimension.

    draw: number of a random copy, None for the pre-trained weights. Raises WeightsError, and BackboneError where its
    layers do not take pictures of this size.
    """
    tensors = boxed.tensors(backbone.name) if draw is None else control(backbone, draw)
    return assembled(backbone, tensors, logits=logits)


def assembled(backbone: Backbone, tensors: Mapping[str, np.ndarray], *, logits: bool) -> Any:
    """As build(), of these tensors."""
    picture, net = _picture(backbone), Layers(tensors)
    found = _run(backbone, net, picture, LOGITS if logits else backbone.top.name)
    outputs = [part for stage in backbone.stages for part in _moments(net, stage, found[stage.name])]
    return _model([*outputs, *([found[LOGITS]] if logits else [])], picture)


def control(backbone: Backbone, draw: int) -> dict[str, np.ndarray]:
    """The tensors of the `draw`-th random copy, the statistics of its normalisation estimated on noise, up to the last
    cut: the plain mean over batches, as headstart.backbone.untrained does it. Raises WeightsError."""
    tensors, seen = drawn.tensors(backbone.name, draw), dict[str, Seen]()
    picture = _picture(backbone)
    _run(backbone, Layers(tensors, seen), picture, backbone.top.name)
    if not seen:
        return tensors
    found = _averages(_model([part for each in seen.values() for part in each[:2]], picture), backbone)
    for (name, each), mean, variance in zip(seen.items(), found[::2], found[1::2], strict=True):
        count = BATCH * each.places
        tensors[f"{name}.running_mean"] = mean
        tensors[f"{name}.running_var"] = variance * np.float32(count / (count - 1))
    return tensors


def _picture(backbone: Backbone) -> Any:
    """The input: float32 [B, 3, S, S]."""
    ov, size = library(), backbone.preprocess.size
    return ov.opset13.parameter([-1, 3, size, size], ov.Type.f32)


def _run(backbone: Backbone, net: Layers, picture: Any, last: str) -> dict[str, Tensor]:
    """Cuts, and "logits", by name, in order up to `last`: layers above may not take this size."""
    found: dict[str, Tensor] = {}
    try:
        for name, x in _TOPOLOGIES[backbone.name](net, picture.output(0)):
            found[name] = x
            if name == last:
                break
    except RuntimeError as error:  # OpenVINO's, of a map that is smaller than what is to be laid over it
        least = max(stage.reduction for stage in boxed.read(backbone.name).stages)
        raise BackboneError(
            f"{backbone.name}: its layers do not take {backbone.preprocess.size} px; "
            f"choose --image-size {least} or more"
        ) from error
    return found


def _moments(net: Layers, stage: Stage, x: Tensor) -> tuple[Tensor, ...]:
    """The pooled cut, as headstart.backbone.taps.moments has it."""
    return (net.mean(x), net.spread(x, EPSILON)) if stage.spatial else (net.flat(x),)


def _model(outputs: list[Tensor], picture: Any) -> Any:
    ov = library()
    return ov.Model([ov.opset13.result(output) for output in outputs], [picture], "headstart")


def _averages(model: Any, backbone: Backbone) -> list[np.ndarray]:
    """Of each output, over the batches of noise."""
    options = {"INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}
    compiled = core().compile_model(model, "CPU", options)
    batches = [compiled(pictures(backbone.preprocess, part)) for part in range(BATCHES)]
    return [np.mean([batch[place] for batch in batches], axis=0) for place in range(len(model.outputs))]
