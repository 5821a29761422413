"""A torch network made into an OpenVINO one: converted whole, taken apart by cuts, written to a folder."""

from __future__ import annotations

import errno
import os
import warnings
from pathlib import Path
from typing import Any

from headstart import progress
from headstart.backbone.backbone import MAP
from headstart.backbone.turn import TURN
from headstart.errors import BackboneError
from headstart.extras import needed_for
from headstart.runtime.maps import unpooled
from headstart.runtime.openvino import library
from headstart.runtime.trunk import Trunk

NAME, BINARY = "network.xml", "network.bin"


def convert(trunk: Trunk) -> Any:
    """The trunk's network as an OpenVINO model with a free batch dimension, float32; means and spreads apart.

    Raises BackboneError.
    """
    with needed_for(f"{trunk.backbone.name}, which OpenVINO does not have yet"):
        import torch

    ov = library()
    size = trunk.backbone.preprocess.size
    with TURN, progress.bar(f"converting {trunk.backbone.name}", 1) as bar, warnings.catch_warnings():
        # Tracing warns of Python branches on shapes, which are fixed here.
        warnings.simplefilter("ignore")
        try:
            with torch.no_grad():
                model = ov.convert_model(
                    trunk.network(apart=True),
                    input=[-1, 3, size, size],
                    example_input=torch.zeros(2, 3, size, size),
                )
        except (RuntimeError, ValueError, TypeError, NotImplementedError, *_refusals()) as error:
            raise BackboneError(
                f"{trunk.backbone.name}: OpenVINO cannot convert it at {size} px ({_reason(error)})"
            ) from error
        bar.advance()
    return model


def _reason(error: Exception) -> str:
    """The line that sums the error up, where there is one: the first names places in OpenVINO's own source."""
    lines = [line.strip("- ") for line in str(error).strip().splitlines() if line]
    summed = [line for line in lines if line.startswith("Conversion is failed for")]
    return (summed or lines or [type(error).__name__])[0][:200]


def _refusals() -> tuple[type[Exception], ...]:
    """What conversion raises beside Python's own exceptions."""
    from openvino import frontend

    return frontend.GeneralFailure, frontend.NotImplementedFailure, frontend.OpConversionFailure


def part_of(model: Any, whole: Trunk, trunk: Trunk) -> Any:
    """What `trunk` asks for out of a network that convert() made for `whole`: the layers that only others need fall
    away."""
    ov = library()
    from openvino import opset13 as ops

    ends = iter([output.get_node().input_value(0) for output in model.outputs])
    cuts = {
        s.name: [next(ends) for _ in range(2 if s.spatial and whole.pool == "avgstd" else 1)]
        for s in whole.stages
    }
    logits = list(ends)
    results = []
    for stage in trunk.stages:
        moments = cuts[stage.name] if trunk.pool == "avgstd" else cuts[stage.name][:1]
        if trunk.pool == MAP and stage.spatial:
            moments = [unpooled(moments[0])]
        results.append(moments[0] if len(moments) == 1 else ops.concat(moments, axis=1).output(0))
    results += logits if trunk.logits else []
    return ov.Model([ops.result(result) for result in results], model.get_parameters(), "headstart")


def save(model: Any, folder: Path) -> None:
    """Writes a converted network, uncompressed, as `network.xml` and `network.bin` into a new folder.

    Raises OSError where the system refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _name(model)
    try:
        library().save_model(model, folder / NAME, compress_to_fp16=False)
    except RuntimeError as error:  # it says no more than "basic_ios::clear"
        _probe(folder)
        raise OSError(errno.EIO, _reason(error)) from error


def _name(model: Any) -> None:
    """Names model and layers by their order: OpenVINO's own names count on with all that a process has made."""
    model.set_friendly_name("headstart")
    for place, layer in enumerate(model.get_ordered_ops()):
        layer.set_friendly_name(f"{layer.get_type_name()}_{place}")


def _probe(folder: Path) -> None:
    """Writes as much as one block, so that the system says why it refuses. Raises OSError."""
    with (folder / "probe").open("wb") as handle:
        handle.write(bytes(1 << 16))
        os.fsync(handle.fileno())
