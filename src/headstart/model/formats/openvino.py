"""network/: the converted network (float32), which predicts without torch; and the export of the whole classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headstart import files, progress
from headstart.errors import BackboneError
from headstart.model.formats import resampling
from headstart.model.formats.format import Format
from headstart.model.formats.reader import Outputs, Reader, padded
from headstart.model.formats.whole import OUTPUTS, facts, whole
from headstart.model.model import Model
from headstart.runtime import Execution
from headstart.runtime.openvino import core

FORMAT = Format(
    ending="",
    about="a folder for OpenVINO: pictures of any size in, probabilities out",
    use="""```python
import json, numpy, openvino
from PIL import Image, ImageOps
network = openvino.compile_model("FOLDER/network.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
picture = ImageOps.exif_transpose(Image.open("picture.jpg")).convert("RGB")
probabilities = network(numpy.asarray(picture)[None])["probabilities"]  # takes uint8 [N, H, W, 3]
classes = json.load(open("FOLDER/facts.json", encoding="utf-8"))["classes"]
```""",
    library="openvino",
)
FACTS = "facts.json"


def write(model: Model, folder: Path) -> None:
    """Writes the network into `folder`; one that OpenVINO cannot convert is not written, which is said."""
    from headstart.runtime.convert import save

    try:
        runtime = model.runtime(Execution(runtime="openvino", device="cpu", precision="fp32"))
        save(runtime.model, folder)  # pyright: ignore[reportAttributeAccessIssue]
    except BackboneError as error:
        progress.say(f"{error}; the bundle predicts through torch")


def export(model: Model, place: Path) -> None:
    """Writes the whole classifier, pictures to probabilities, into a new folder. Raises BackboneError, BundleError."""
    from headstart.runtime.convert import save

    save(whole(model, resampling.multiplied), place)
    files.write_json(place / FACTS, facts(model))


def opened(place: Path, model: Model) -> Reader:
    """The folder in OpenVINO."""
    from headstart.runtime.convert import NAME

    network = core().read_model(place / NAME)
    compiled = core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def answers(pictures: np.ndarray) -> Outputs:
        found = compiled(pictures)
        return Outputs(*(found[name] for name in OUTPUTS))

    preprocess = model.backbone.preprocess
    return Reader(lambda frames: answers(padded(frames, preprocess)), answers, "OpenVINO")
