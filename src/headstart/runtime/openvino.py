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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart import files, progress
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError, OutputError

if TYPE_CHECKING:
    from headstart.runtime.job import Job

NAME, BINARY = "network.xml", "network.bin"
_DIGEST = "digest"
# Raised whenever what a converted network puts out, or in which order, changes.
_FORMAT = 2
_REQUESTS = 2
# Compiling costs as much as some forty pictures: networks of at most so many bytes, and so many of them, stay compiled.
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
        self.compiled: Any = None
        self.batch = 0

    @property
    def weight(self) -> int:
        """Bytes of its constants."""
        return sum(op.data.nbytes for op in self.model.get_ops() if op.get_type_name() == "Constant")

    def _compile(self, batch: int) -> None:
        ov = _openvino()
        model = self.model.clone()
        model.reshape([batch, *(dimension.get_length() for dimension in model.input(0).partial_shape[1:])])
        model = _from_pictures(model, self.preprocess)
        options = {
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
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


def prepare(job: Job, precision: str = "fp32") -> OpenVINORuntime:
    """Makes the job ready; the whole network is converted once and kept, and every job takes its part of that.

    Raises BackboneError where it cannot be converted.
    """
    if job.module is not None:
        return OpenVINORuntime(_part(convert(job), job, job), job.backbone.preprocess, precision)
    key = (job.key, precision)
    if key not in _at_hand:
        _at_hand[key] = _from_kept(job, precision)
        for old in list(_at_hand)[:-_AT_HAND]:
            del _at_hand[old]
    runtime = _at_hand[key]
    if runtime.weight > _LIGHT:
        del _at_hand[key]
    return runtime


_at_hand: dict[tuple[str, str], OpenVINORuntime] = {}


def _from_kept(job: Job, precision: str) -> OpenVINORuntime:
    whole = job.whole()
    kept = _place(whole)
    model = None if kept is None else _read(kept)
    if model is None:
        model = convert(whole)
        if kept is not None:
            _write(model, kept)
    return OpenVINORuntime(_part(model, whole, job), job.backbone.preprocess, precision)


def keep(job: Job) -> None:
    """Converts the job's network now, unless it is kept, so that nothing later needs torch for it.

    Raises BackboneError where it cannot be converted.
    """
    whole = job.whole()
    kept = _place(whole)
    if kept is not None and not (kept / NAME).is_file():
        _write(convert(whole), kept)


def _part(model: Any, whole: Job, job: Job) -> Any:
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


def convert(job: Job) -> Any:
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
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
            reason = str(error).strip().splitlines()[0][:200]
            raise BackboneError(f"{job.backbone.name}: OpenVINO cannot convert it ({reason})") from error
        bar.advance()
    return model


def save(model: Any, folder: Path) -> None:
    """Writes a converted network, uncompressed, as `network.xml` and `network.bin` into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _openvino().save_model(model, folder / NAME, compress_to_fp16=False)


def from_file(
    folder: Path, sizes: tuple[int, ...], preprocess: Preprocess, precision: str = "fp32"
) -> OpenVINORuntime:
    """A converted network from disk, whose outputs must have the widths `sizes`. Raises BackboneError."""
    path = folder / NAME
    try:
        model = _openvino().Core().read_model(path)
    except RuntimeError as error:
        raise BackboneError(f"{path}: not a converted network ({str(error).splitlines()[0]})") from error
    found = tuple(output.partial_shape[1].get_length() for output in model.outputs)
    if found != sizes:
        raise BackboneError(f"{path}: puts out widths {found}, expected {sizes}; the bundle is damaged")
    return OpenVINORuntime(model, preprocess, precision)


def precisions() -> tuple[str, ...]:
    """What this machine's CPU computes in by its own instructions."""
    offered = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("fp32", "bf16") if "BF16" in offered else ("fp32",)


def _place(whole: Job) -> Path | None:
    """Where the converted network is kept, or None where the cache cannot be written."""
    try:
        return files.cache_folder("networks") / files.sha256_of(str(_FORMAT), whole.key)
    except OutputError:
        return None
