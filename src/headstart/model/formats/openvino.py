"""network/: the converted network (float32), which predicts without torch."""

from __future__ import annotations

from pathlib import Path

from headstart import progress
from headstart.errors import BackboneError
from headstart.model.model import Model
from headstart.runtime import Execution


def write(model: Model, folder: Path) -> None:
    """Writes the network into `folder`; one that OpenVINO cannot convert is not written, which is said."""
    from headstart.runtime.convert import save

    try:
        runtime = model.runtime(Execution(runtime="openvino", device="cpu", precision="fp32"))
        save(runtime.model, folder)  # pyright: ignore[reportAttributeAccessIssue]
    except BackboneError as error:
        progress.say(f"{error}; the bundle predicts through torch")
