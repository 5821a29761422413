"""One interface for running a frozen network: batches in, pooled cuts out, whatever computes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from headstart import progress
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError
from headstart.extras import needed_for
from headstart.runtime.execution import Execution, Resolved, resolve
from headstart.runtime.trunk import Trunk


class Runtime(Protocol):
    """name: "openvino" or "torch"; precision: "fp32", or "bf16": layers compute in bfloat16, outputs are float32.

    Several threads may use one runtime at once.
    """

    name: str
    precision: str

    def stream(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """uint8 [B, S, S, 3] batches → per batch, in order, one float32 [B, D_k] per output."""
        ...


def start(trunk: Trunk, execution: Execution | Resolved = Execution()) -> Runtime:  # noqa: B008 - frozen
    """Makes `trunk` ready to run as `execution` says; see resolve().

    Where OpenVINO cannot convert the network, and was not asked for by name, torch runs it, which is said. Raises
    BackboneError where the named runtime cannot run it.
    """
    how = resolve(execution)
    if how.runtime == "torch":
        return _torch(trunk, how)
    from headstart.runtime import converted

    try:
        return converted.start(trunk, how.precision, how.threads)
    except BackboneError as error:
        if how.strict or trunk.boxed:  # a network in the box is the same with torch and without
            raise
        progress.say_once(f"{error}; torch runs it instead")
        return _torch(trunk, how)


def is_converted(trunk: Trunk, execution: Execution | Resolved) -> bool:
    """Whether the trunk's network lies in the box, or converted in the cache: start() imports no torch for it."""
    if resolve(execution).runtime != "openvino":
        return False
    from headstart.runtime import converted

    return converted.lies_there(trunk)


def start_from(
    folder: Path,
    sizes: tuple[int, ...],
    preprocess: Preprocess,
    how: Resolved,
    *,
    maps: tuple[bool, ...] | None = None,
) -> Runtime:
    """The converted network in `folder` (a bundle's), whose outputs have the widths `sizes`, without torch.

    maps: its cuts are put out as maps, not pooled, where they have places: which of them have. Raises BackboneError.
    """
    from headstart.runtime import converted
    from headstart.runtime.maps import maps_of

    runtime = converted.read(folder, sizes, preprocess, how.precision, how.threads)
    if maps is not None:
        runtime.model = maps_of(runtime.model, maps)
    return runtime


def _torch(trunk: Trunk, how: Resolved) -> Runtime:
    with needed_for("--runtime torch"):
        from headstart.runtime.torch import TorchRuntime

    return TorchRuntime(trunk.network(), trunk.backbone.preprocess, how.device, how.precision, how.threads)
