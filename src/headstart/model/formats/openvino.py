"""network/: the converted network (float32), which predicts without torch."""

from __future__ import annotations

from pathlib import Path

from headstart import progress
from headstart.errors import BackboneError
from headstart.model.model import Model
from headstart.runtime import Execution


def write(model: Model, folder: Path) -> None:
    """Writes the network into `folder`; one that OpenVINO cannot convert is not written, which is said."""
    from headstart.runtime import openvino

    try:
        runtime = model.runtime(Execution(runtime="openvino", device="cpu"))
        openvino.save(runtime.model, folder)  # pyright: ignore[reportAttributeAccessIssue]
    except BackboneError as error:
        progress.say(f"{error}; the bundle predicts through torch")
