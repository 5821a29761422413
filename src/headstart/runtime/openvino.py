"""The OpenVINO runtime: a network converted once, kept by its hash, then run on CPUs without torch.

The precision is always set: OpenVINO's own default on newer CPUs is bfloat16. Its usage reporting is off: the
package that sends it is made unimportable before OpenVINO is imported, which then falls back to a stub.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import cache, files, progress
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, OutputError
from headstart.runtime import threads

if TYPE_CHECKING:
    from headstart.runtime.trunk import Trunk

NAME, BINARY = "network.xml", "network.bin"
_DIGEST = "digest"
# Raised whenever what a converted network puts out, or in which order, changes.
_FORMAT = 2
_REQUESTS = 2
# Networks of at most so many bytes, and so many of them, stay compiled as long as the process runs.
_LIGHT, _AT_HAND = 64 * 2**20, 3


def _openvino() -> Any:
    sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore[reportArgumentType]
    import openvino

    return openvino


class OpenVINORuntime:
    """Runs a converted network with two requests in flight, at a batch size that the first batch sets.

    model: takes normalised pictures; the normalisation of `preprocess` is put before it where it is compiled.
    """

    name = "openvino"

    def __init__(self, model: Any, preprocess: Preprocess, precision: str = "fp32") -> None:
        self.model, self.preprocess, self.precision = model, preprocess, precision
        self._compiled: tuple[Any, int] | None = None
        self._flows = 0

    @property
    def weight(self) -> int:
        """Bytes of its constants."""
        return sum(op.data.nbytes for op in self.model.get_ops() if op.get_type_name() == "Constant")

    def _for(self, batch: int) -> tuple[Any, int]:
        """(the network compiled for at least `batch` pictures, for how many)"""
        if self._compiled is None or self._compiled[1] < batch:
            self._compiled = self._compile(batch), batch
        return self._compiled

    def _compile(self, batch: int) -> Any:
        ov = _openvino()
        model = self.model.clone()
        model.reshape([batch, *(dimension.get_length() for dimension in model.input(0).partial_shape[1:])])
        model = _from_pictures(model, self.preprocess)
        options = {
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
            "NUM_STREAMS": str(_REQUESTS),
            "INFERENCE_NUM_THREADS": threads.asked() or os.cpu_count() or 1,
            # Threads tied to cores stand still for as long as another process holds one of them.
            "ENABLE_CPU_PINNING": False,
        }
        return ov.Core().compile_model(model, "CPU", options)

    def stream(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """See Runtime.stream. A batch smaller than the first is padded, a larger one compiles anew."""
        self._flows += 1
        flow: _Flow | None = None
        try:
            for batch in batches:
                if flow is None or len(batch) > flow.batch:
                    yield from flow.drained() if flow else ()
                    flow = _Flow(*self._for(len(batch)))
                yield from flow.sent(batch)
            if flow:
                yield from flow.drained()
        finally:
            self._flows -= 1
            if flow and not self._flows:
                flow.release()


class _Flow:
    """Requests to one compiled network, in order."""

    def __init__(self, compiled: Any, batch: int) -> None:
        self.compiled, self.batch = compiled, batch
        self._idle = [compiled.create_infer_request() for _ in range(_REQUESTS)]
        self._waiting = deque[tuple[Any, int]]()

    def sent(self, batch: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        """Starts a batch; the result of an earlier one where its request is needed."""
        if not self._idle:
            request, n = self._waiting.popleft()
            yield self._result(request, n)
            self._idle.append(request)
        request = self._idle.pop()
        request.start_async({0: self._padded(batch)}, share_inputs=False)
        self._waiting.append((request, len(batch)))

    def drained(self) -> Iterator[tuple[np.ndarray, ...]]:
        while self._waiting:
            yield self._result(*self._waiting.popleft())

    def release(self) -> None:
        """Gives back what lies between layers, many times the network itself."""
        for request, _ in self._waiting:
            request.wait()
        self.compiled.release_memory()

    def _result(self, request: Any, n: int) -> tuple[np.ndarray, ...]:
        request.wait()
        return tuple(request.get_output_tensor(k).data[:n].copy() for k in range(len(self.compiled.outputs)))

    def _padded(self, batch: np.ndarray) -> np.ndarray:
        short = self.batch - len(batch)
        return batch if not short else np.concatenate([batch, np.zeros((short, *batch.shape[1:]), np.uint8)])


def _from_pictures(model: Any, preprocess: Preprocess) -> Any:
    """The model with Preprocess.normalise before it: uint8 [B, S, S, 3] in."""
    ov = _openvino()
    from openvino.preprocess import PrePostProcessor

    whole = PrePostProcessor(model)
    whole.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    whole.input().model().set_layout(ov.Layout("NCHW"))
    steps = whole.input().preprocess().convert_element_type(ov.Type.f32)
    steps.mean([255 * value for value in preprocess.mean]).scale([255 * value for value in preprocess.std])
    return whole.build()


def prepare(job: Trunk, precision: str = "fp32") -> OpenVINORuntime:
    """Makes the job ready; the whole network is converted once and kept, and every job takes its part of that.

    Raises BackboneError where it cannot be converted.
    """
    if job.module is not None:
        return OpenVINORuntime(_part(convert(job), job, job), job.backbone.preprocess, precision)
    key = (job.key, precision)
    with _lock:
        runtime = _at_hand.pop(key, None)
    if runtime is None:
        runtime = _from_kept(job, precision)
    if runtime.weight <= _LIGHT:
        with _lock:
            _at_hand[key] = runtime  # last in, last out
            for old in list(_at_hand)[:-_AT_HAND]:
                del _at_hand[old]
    return runtime


_at_hand: dict[tuple[str, str], OpenVINORuntime] = {}
_lock = threading.Lock()


def _from_kept(job: Trunk, precision: str) -> OpenVINORuntime:
    whole = job.whole()
    kept = _place(whole)
    model = None if kept is None else _read(kept)
    if model is None:
        model = convert(whole)
        if kept is not None:
            _write(model, kept)
    return OpenVINORuntime(_part(model, whole, job), job.backbone.preprocess, precision)


def kept(job: Trunk) -> bool:
    """Whether the job's network lies converted in the cache."""
    place = _place(job.whole())
    return place is not None and (place / NAME).is_file()


def _part(model: Any, whole: Trunk, job: Trunk) -> Any:
    """What `job` asks for out of a network that convert() made for `whole`: the layers that only others need fall
    away."""
    ov = _openvino()
    from openvino import opset13 as ops

    ends = iter([output.get_node().input_value(0) for output in model.outputs])
    cuts = {
        s.name: [next(ends) for _ in range(2 if s.spatial and whole.pool == "avgstd" else 1)]
        for s in whole.stages
    }
    logits = list(ends)
    results = []
    for stage in job.stages:
        moments = cuts[stage.name] if job.pool == "avgstd" else cuts[stage.name][:1]
        results.append(moments[0] if len(moments) == 1 else ops.concat(moments, axis=1).output(0))
    results += logits if job.logits else []
    return ov.Model([ops.result(result) for result in results], model.get_parameters(), "headstart")


def _read(kept: Path) -> Any:
    """The converted network in the cache; None where there is none, or one that is damaged."""
    if not (kept / NAME).is_file():
        return None
    try:
        if (kept / _DIGEST).read_text(encoding="utf-8") == _digest(kept):
            return _openvino().Core().read_model(kept / NAME)
    except (OSError, ValueError, RuntimeError):
        pass  # said below
    progress.say(f"{kept / NAME}: damaged; converted anew")
    return None


def _write(model: Any, kept: Path) -> None:
    try:
        with files.locked(kept.with_suffix(".lock")), files.replacing(kept) as temporary:
            save(model, temporary)
            (temporary / _DIGEST).write_text(_digest(temporary), encoding="utf-8")
    except OutputError as error:
        progress.say(f"the converted network is not kept: {error}")


def _digest(folder: Path) -> str:
    return files.sha256_of(*(files.sha256(folder / name) for name in (NAME, BINARY)))


def convert(job: Trunk) -> Any:
    """The job's network as an OpenVINO model with a free batch dimension, float32; means and spreads apart.

    Raises BackboneError.
    """
    import torch

    ov = _openvino()
    size = job.backbone.preprocess.size
    with progress.bar(f"converting {job.backbone.name}", 1) as bar, warnings.catch_warnings():
        # Tracing warns of Python branches on shapes, which are fixed here.
        warnings.simplefilter("ignore")
        try:
            with torch.no_grad():
                model = ov.convert_model(
                    job.network(apart=True),
                    input=[-1, 3, size, size],
                    example_input=torch.zeros(2, 3, size, size),
                )
        except (RuntimeError, ValueError, TypeError, NotImplementedError, *_refusals()) as error:
            raise BackboneError(
                f"{job.backbone.name}: OpenVINO cannot convert it at {size} px ({_reason(error)})"
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


def save(model: Any, folder: Path) -> None:
    """Writes a converted network, uncompressed, as `network.xml` and `network.bin` into a new folder.

    Raises OSError where the system refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _name(model)
    try:
        _openvino().save_model(model, folder / NAME, compress_to_fp16=False)
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


def from_file(
    folder: Path, sizes: tuple[int, ...], preprocess: Preprocess, precision: str = "fp32"
) -> OpenVINORuntime:
    """A converted network from disk, whose outputs must have the widths `sizes`. Raises BackboneError."""
    path = folder / NAME
    try:
        model = _openvino().Core().read_model(path)
    except RuntimeError as error:
        raise BackboneError(f"{path}: not a converted network ({str(error).splitlines()[0]})") from error
    takes = [_shape(port) for port in model.inputs]
    if takes != [(-1, 3, preprocess.size, preprocess.size)]:
        raise BackboneError(
            f"{path}: takes {takes}, expected pictures of {preprocess.size} px; the bundle is damaged"
        )
    puts_out = [_shape(port) for port in model.outputs]
    if puts_out != [(-1, size) for size in sizes]:
        raise BackboneError(
            f"{path}: puts out {puts_out}, expected widths {list(sizes)}; the bundle is damaged"
        )
    return OpenVINORuntime(model, preprocess, precision)


def _shape(port: Any) -> tuple[int, ...]:
    """Its lengths; -1 where one is free, () where not even their number is settled."""
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return ()
    return tuple(-1 if length.is_dynamic else length.get_length() for length in shape)


def precisions() -> tuple[str, ...]:
    """What this machine's CPU computes in by its own instructions."""
    offered = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("fp32", "bf16") if "BF16" in offered else ("fp32",)


def _place(whole: Trunk) -> Path | None:
    """Where the converted network is kept, or None where the cache cannot be written."""
    try:
        return cache.folder("networks") / files.sha256_of(str(_FORMAT), whole.key)
    except OutputError:
        return None
