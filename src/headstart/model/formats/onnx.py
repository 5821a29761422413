"""ONNX: one file with preparation and probabilities inside, which ONNX Runtime opens without this package.

It is written from the same graph as the OpenVINO export, operation by operation: no torch is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import headstart
from headstart.errors import BundleError
from headstart.extras import needed_for
from headstart.model.formats.format import Format
from headstart.model.formats.operations import OPERATIONS, OPERATOR_SET, NoConstant
from headstart.model.formats.reader import Outputs, Reader, padded
from headstart.model.formats.whole import (
    ANSWER,
    FEATURES,
    LOGITS,
    OUTPUTS,
    PICTURES,
    PROBABILITIES,
    facts,
    whole,
)
from headstart.model.model import Model

FORMAT = Format(
    ending=".onnx",
    about="one file for ONNX Runtime: pictures of any size in, probabilities out",
    use="""```python
import json, numpy, onnxruntime
from PIL import Image, ImageOps
session = onnxruntime.InferenceSession("FILE.onnx")
picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGB")
probabilities, = session.run(["probabilities"], {"pictures": numpy.asarray(picture)[None]})  # uint8 [1, H, W, 3]
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
```""",
    library="onnx",
)
_MOST = 2**31 - 2**20  # bytes: a protocol buffer holds no more
_INTERMEDIATE = 10  # the form of the file: read by ONNX Runtime 1.18 and later


class _Graph:
    """An ONNX graph that grows."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> list[str]:
        """Adds a node; the names of its outputs."""
        from onnx import helper  # pyright: ignore

        names = [f"{kind}_{len(self.nodes)}" + (f"_{k}" if k else "") for k in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0], **attributes))
        return names

    def constant(self, value: np.ndarray | np.float32) -> str:
        """Adds a constant; its name."""
        from onnx import numpy_helper  # pyright: ignore

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def used(self) -> list[Any]:
        """The constants that a node reads; of the others ONNX Runtime would warn, one line each."""
        read = {name for node in self.nodes for name in node.input}
        return [one for one in self.constants if one.name in read]


def export(model: Model, place: Path) -> None:
    """Writes the file. Raises MissingError, BackboneError; BundleError for a network with an operation that is not
    translated, or one that is too large for the form."""
    with needed_for("export to onnx", "export"):
        from onnx import save  # pyright: ignore

    graph = whole(model)
    weight = sum(op.data.nbytes for op in graph.get_ops() if op.get_type_name() == "Constant")
    if weight > _MOST:
        raise BundleError(
            f"{_name(model)}: {weight:,} bytes of weights; an ONNX file holds {_MOST:,} at most"
        )
    save(_translated(graph, model), place)


def _translated(whole_graph: Any, model: Model) -> Any:
    """The onnx.ModelProto."""
    from onnx import TensorProto, helper  # pyright: ignore

    graph, names = _Graph(), dict[Any, str]()
    for node in whole_graph.get_ordered_ops():
        outputs = _step(graph, node, names, model)
        names.update({(_id(node), place): name for place, name in enumerate(outputs)})
    for result, name in zip(whole_graph.get_results(), OUTPUTS, strict=True):
        graph.nodes.append(helper.make_node("Identity", [names[_source(result, 0)]], [name], name=name))
    shapes = {
        PROBABILITIES: (TensorProto.FLOAT, ["N", len(model.classes)]),
        FEATURES: (TensorProto.FLOAT, ["N", model.width]),
        LOGITS: (TensorProto.FLOAT, ["N", len(model.classes)]),
        ANSWER: (TensorProto.INT64, ["N"]),
    }
    made = helper.make_graph(
        graph.nodes,
        "headstart",
        [helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, ["N", "H", "W", 3])],
        [helper.make_tensor_value_info(name, *shapes[name]) for name in OUTPUTS],
        graph.used(),
    )
    written = helper.make_model(
        made,
        producer_name="headstart",
        producer_version=headstart.__version__,
        ir_version=_INTERMEDIATE,
        opset_imports=[helper.make_opsetid("", OPERATOR_SET)],
    )
    helper.set_model_props(written, {name: _text(value) for name, value in facts(model).items()})
    return written


def _step(graph: _Graph, node: Any, names: dict[Any, str], model: Model) -> list[str]:
    """Translates one operation; the names of its outputs. Raises BundleError."""
    kind = node.get_type_name()
    if kind == "Parameter":
        return [PICTURES]
    if kind == "Constant":
        return [graph.constant(np.array(node.get_data()))]
    if kind == "Result":
        return []
    try:
        inputs = [names[_source(node, place)] for place in range(len(node.inputs()))]
        return OPERATIONS[kind](graph, node, inputs)
    except (KeyError, NoConstant) as error:
        lacking = error if isinstance(error, NoConstant) else kind
        raise BundleError(
            f"{_name(model)}: its network has the operation {lacking}, which is not translated to ONNX; "
            "export it to openvino or torch"
        ) from error


def _id(node: Any) -> str:
    return node.get_name()


def _source(node: Any, place: int) -> tuple[str, int]:
    """The output that enters a node."""
    value = node.input_value(place)
    return _id(value.get_node()), value.get_index()


def _text(value: Any) -> str:
    """Words as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _name(model: Model) -> str:
    return str(model.folder or model.backbone.name)


def opened(place: Path, model: Model) -> Reader:
    """The file in ONNX Runtime. Raises MissingError."""
    with needed_for("export to onnx", "export"):
        import onnxruntime  # pyright: ignore[reportMissingImports]

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(place, options, providers=["CPUExecutionProvider"])

    def answers(pictures: np.ndarray) -> Outputs:
        found = session.run(list(OUTPUTS), {PICTURES: pictures})
        return Outputs(*map(np.asarray, found))

    preprocess = model.backbone.preprocess
    return Reader(lambda frames: answers(padded(frames, preprocess)), answers, "ONNX Runtime")
