"""The whole classifier as one OpenVINO graph: pictures in, probabilities out, with all that lies between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import headstart
from headstart.data.preprocess import Preprocess
from headstart.errors import BundleError
from headstart.heads.head import Head
from headstart.model.formats import resampling
from headstart.model.formats.answer import answer
from headstart.model.model import Model
from headstart.runtime import Execution
from headstart.runtime.openvino import library

PICTURES = "pictures"
PROBABILITIES, FEATURES, LOGITS, ANSWER = OUTPUTS = ("probabilities", "features", "logits", "answer")


def whole(model: Model, resized: Callable[[Any, Any, str], Any] = resampling.interpolated) -> Any:
    """An OpenVINO model, float32 within. resized: how pictures are, see resampling.

    pictures       uint8 [N, H, W, 3], of any H and W: prepared inside as headstart.data.preprocess does
    probabilities  float32 [N, C], tempered as Model.probabilities() are
    features       float32 [N, D], what the head sees
    logits         float32 [N, C], the head's scores before the temperature
    answer         int64 [N], the place of the class that the picture is called, by thresholds or costs where there are

    Raises BackboneError where OpenVINO cannot convert the network; BundleError for a filter that graphs do not have.
    """
    ov = library()
    from openvino import opset13 as ops

    pictures = ops.parameter([-1, -1, -1, 3], np.uint8, name=PICTURES)
    seen = _cuts(model, _normalised(_framed(pictures, model, resized), model.backbone.preprocess))
    features = seen[0] if len(seen) == 1 else ops.concat(seen, axis=1)
    logits = _scored(features, model.head)
    tempered = ops.divide(logits, np.float32(model.certainty.temperature or 1))
    probabilities = ops.softmax(tempered, axis=1)
    outputs = (probabilities, features, logits, answer(probabilities, model.decision))
    made = ov.Model([ops.result(one) for one in outputs], [pictures], "headstart")
    made.input(0).get_tensor().set_names({PICTURES})
    for output, name in zip(made.outputs, OUTPUTS, strict=True):
        output.get_tensor().set_names({name})
    return made


def facts(model: Model) -> dict[str, Any]:
    """What a reader must know beside the graph, as JSON has it."""
    return {
        "classes": list(model.classes),
        "preparation": model.backbone.preprocess.to_dict(),
        "temperature": model.certainty.temperature,
        "backbone": model.backbone.name,
        "headstart": headstart.__version__,
        **({"decision": model.decision.to_dict()} if model.decision else {}),
    }


def _framed(pictures: Any, model: Model, resized: Callable[[Any, Any, str], Any]) -> Any:
    """uint8 [N, H, W, 3] → uint8 [N, 3, S, S]: Preprocess.frame() in whole numbers, as Pillow rounds them."""
    from openvino import opset13 as ops

    preprocess = model.backbone.preprocess
    if preprocess.interpolation not in resampling.FILTERS:
        raise BundleError(
            f"{model.folder or model.backbone.name}: prepares pictures by {preprocess.interpolation!r}, for which "
            "graphs have no operation; export it to zip or torch"
        )
    places = np.array([2, 3])
    upright = ops.transpose(pictures, np.array([0, 3, 1, 2]))
    sides = ops.gather(ops.shape_of(upright), places, np.array(0))
    least = ops.reduce_min(sides, np.array([0]), keep_dims=True)
    sides = ops.divide(ops.multiply(sides, np.array(preprocess.resize)), least)
    scaled = resized(upright, sides, preprocess.interpolation)
    begin = _centred(ops.subtract(sides, np.array(preprocess.size)))
    end = ops.add(begin, np.array(preprocess.size))
    cropped = ops.slice(scaled, begin, end, np.array([1, 1]), places)
    return ops.reshape(cropped, np.array([-1, 3, preprocess.size, preprocess.size]), False)


def _centred(margin: Any) -> Any:
    """Half of a margin in whole pixels; of a half pixel the even side, as Python's round()."""
    from openvino import opset13 as ops

    two = np.array(2)
    half = ops.divide(margin, two)
    odd, odd_half = (ops.subtract(n, ops.multiply(ops.divide(n, two), two)) for n in (margin, half))
    return ops.add(half, ops.multiply(odd, odd_half))


def _normalised(frames: Any, preprocess: Preprocess) -> Any:
    """uint8 [N, 3, S, S] → float32: see Preprocess.normalise."""
    from openvino import opset13 as ops

    mean, std = (
        255 * np.array(one, np.float32).reshape(1, 3, 1, 1) for one in (preprocess.mean, preprocess.std)
    )
    return ops.divide(ops.subtract(ops.convert(frames, "f32"), mean), std)


def _cuts(model: Model, inputs: Any) -> list[Any]:
    """The outputs of the converted network, fed with `inputs`; float32 [N, D] each."""
    runtime = model.runtime(Execution(runtime="openvino", device="cpu", precision="fp32"))
    network = runtime.model.clone()  # pyright: ignore[reportAttributeAccessIssue]
    for taker in network.input(0).get_target_inputs():
        taker.replace_source_output(inputs.output(0))
    return [result.input_value(0) for result in network.get_results()]


def _scored(features: Any, head: Head) -> Any:
    """float32 [N, D] → the head's scores [N, C]."""
    from openvino import opset13 as ops

    x = features
    for layer, (weight, bias) in enumerate(head.layers):
        x = ops.relu(x) if layer else x
        x = ops.add(ops.matmul(x, weight, False, True), bias[None])
    return x
