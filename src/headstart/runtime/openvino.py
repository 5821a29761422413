"""The OpenVINO runtime: a network converted once, kept by its hash, then run on CPUs without torch.

The precision is always set: OpenVINO's own default on newer CPUs is bfloat16. Its usage reporting is off: the
package that sends it is made unimportable before OpenVINO is imported, which then falls back to a stub.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import files, progress
from headstart.errors import BackboneError, OutputError

if TYPE_CHECKING:
    from headstart.runtime.job import Job

NAME = "network.xml"
_REQUESTS = 2


def _openvino() -> Any:
    sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore[reportArgumentType]
    import openvino

    return openvino


class OpenVINORuntime:
    """Runs a converted network with two requests in flight, at a batch size that the first batch sets."""

    name = "openvino"
    precision = "fp32"

    def __init__(self, model: Any) -> None:
        self.model = model
        self.compiled: Any = None
        self.batch = 0

    def _compile(self, batch: int) -> None:
        ov = _openvino()
        model = self.model.clone()
        model.reshape([batch, *(dimension.get_length() for dimension in model.input(0).partial_shape[1:])])
        options = {
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": str(_REQUESTS),
            "INFERENCE_NUM_THREADS": os.cpu_count() or 1,
            # Threads tied to cores stand still for as long as another process holds one of them.
            "ENABLE_CPU_PINNING": False,
        }
        self.compiled, self.batch = ov.Core().compile_model(model, "CPU", options), batch

    def stream(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """See Runtime.stream. A batch smaller than the first is padded, a larger one compiles anew."""
        idle, waiting = self._idle(), deque[tuple[Any, int]]()
        for batch in batches:
            if len(batch) > self.batch:
                yield from self._drained(waiting)
                self._compile(len(batch))
                idle = self._idle()
            if not idle:
                request, n = waiting.popleft()
                yield self._result(request, n)
                idle.append(request)
            request = idle.pop()
            request.start_async({0: self._padded(batch)}, share_inputs=False)
            waiting.append((request, len(batch)))
        yield from self._drained(waiting)

    def _idle(self) -> list[Any]:
        if self.compiled is None:
            return []
        return [self.compiled.create_infer_request() for _ in range(_REQUESTS)]

    def _drained(self, waiting: deque[tuple[Any, int]]) -> Iterator[tuple[np.ndarray, ...]]:
        while waiting:
            yield self._result(*waiting.popleft())

    def _result(self, request: Any, n: int) -> tuple[np.ndarray, ...]:
        request.wait()
        return tuple(request.get_output_tensor(k).data[:n].copy() for k in range(len(self.compiled.outputs)))

    def _padded(self, batch: np.ndarray) -> np.ndarray:
        short = self.batch - len(batch)
        return (
            batch if not short else np.concatenate([batch, np.zeros((short, *batch.shape[1:]), np.float32)])
        )


def prepare(job: Job) -> OpenVINORuntime:
    """Converts the job's network, or finds it converted in the cache. Raises BackboneError where it cannot be."""
    if job.module is not None:
        return OpenVINORuntime(convert(job))
    kept = _cached(job)
    if kept is None:
        return OpenVINORuntime(convert(job))
    model = _read(kept)
    if model is None:
        model = convert(job)
        _keep(model, kept)
    return OpenVINORuntime(model)


def _read(kept: Path) -> Any:
    """The converted network in the cache; None where there is none, or one that cannot be read."""
    if not (kept / NAME).is_file():
        return None
    try:
        return _openvino().Core().read_model(kept / NAME)
    except RuntimeError:
        progress.say(f"{kept / NAME}: damaged; converted anew")
        return None


def _keep(model: Any, kept: Path) -> None:
    try:
        with files.locked(kept.with_suffix(".lock")), files.replacing(kept) as temporary:
            save(model, temporary)
    except OutputError as error:
        progress.say(f"the converted network is not kept: {error}")


def convert(job: Job) -> Any:
    """The job's network as an OpenVINO model with a free batch dimension, float32. Raises BackboneError."""
    import torch

    ov = _openvino()
    size = job.backbone.preprocess.size
    with progress.bar(f"converting {job.backbone.name}", 1) as bar, warnings.catch_warnings():
        # Tracing warns of Python branches on shapes, which are fixed here.
        warnings.simplefilter("ignore")
        try:
            with torch.no_grad():
                model = ov.convert_model(
                    job.network(), input=[-1, 3, size, size], example_input=torch.zeros(2, 3, size, size)
                )
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
            reason = str(error).strip().splitlines()[0][:200]
            raise BackboneError(f"{job.backbone.name}: OpenVINO cannot convert it ({reason})") from error
        bar.advance()
    return model


def save(model: Any, folder: Path) -> None:
    """Writes a converted network, uncompressed, as `network.xml` and `network.bin` into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _openvino().save_model(model, folder / NAME, compress_to_fp16=False)


def from_file(folder: Path, sizes: tuple[int, ...]) -> OpenVINORuntime:
    """A converted network from disk, whose outputs must have the widths `sizes`. Raises BackboneError."""
    path = folder / NAME
    try:
        model = _openvino().Core().read_model(path)
    except RuntimeError as error:
        raise BackboneError(f"{path}: not a converted network ({str(error).splitlines()[0]})") from error
    found = tuple(output.partial_shape[1].get_length() for output in model.outputs)
    if found != sizes:
        raise BackboneError(f"{path}: puts out widths {found}, expected {sizes}; the bundle is damaged")
    return OpenVINORuntime(model)


def _versions() -> list[str]:
    return [metadata.version(package) for package in ("torch", "timm", "torchvision")]


def _cached(job: Job) -> Path | None:
    """Where the converted network is kept, or None where the cache cannot be written."""
    ov = _openvino()
    cuts = ",".join(f"{stage.name}={stage.tap}" for stage in job.stages)
    key = files.sha256_of(job.backbone.key, cuts, job.pool, str(job.logits), ov.__version__, *_versions())
    try:
        return files.cache_folder("networks") / key
    except OutputError:
        return None
