"""The OpenVINO runtime: runs a converted network on CPUs without torch.

The precision is always set: OpenVINO's own default on newer CPUs is bfloat16. Its usage reporting is off: the
package that sends it is made unimportable before OpenVINO is imported, which then falls back to a stub.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from headstart.data.preprocess import Preprocess

_REQUESTS = 2
# Operations that treat each row of a matrix by itself, as far as all but one of their inputs are known.
_ROW_BY_ROW = {
    *(
        "Add",
        "BatchNormInference",
        "Clamp",
        "Divide",
        "Gelu",
        "HSwish",
        "MatMul",
        "Multiply",
        "Relu",
        "Sigmoid",
    ),
    *("Subtract", "Swish", "Tanh"),
}


def library() -> Any:
    """OpenVINO, which reports to nobody."""
    sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore[reportArgumentType]
    import openvino

    return openvino


def core() -> Any:
    """OpenVINO's core: one as long as the process runs.

    Each core gives the thread a stack for signal handlers (sigaltstack), and gives back the one before it when it goes.
    Of two cores, where the first goes first, the second gives back a stack that is no more: the next signal, Ctrl-C
    too, is then a crash without a word.
    """
    with _one_at_a_time:
        return _core()


@functools.cache
def _core() -> Any:
    return library().Core()


_one_at_a_time = threading.Lock()


class OpenVINORuntime:
    """Runs a converted network with two requests in flight, at a batch size that a stream's first batch sets.

    model: takes normalised pictures; the normalisation of `preprocess` is put before it where it is compiled.
    threads: those that it runs in; 0 is one a processor. Several threads may use it at once: what they share is
    compiled and given back in turn, and each stream has requests of its own.
    """

    name = "openvino"

    def __init__(self, model: Any, preprocess: Preprocess, precision: str = "fp32", threads: int = 0) -> None:
        self.model, self.preprocess, self.precision, self.threads = model, preprocess, precision, threads
        self._compiled: dict[int, Any] = {}  # by batch size
        self._flows = Counter[int]()
        self._lock = threading.Lock()

    @property
    def weight(self) -> int:
        """Bytes of its constants."""
        return sum(op.data.nbytes for op in self.model.get_ops() if op.get_type_name() == "Constant")

    def _flow(self, batch: int) -> _Flow:
        """Requests to the network compiled for `batch` pictures, or for less than twice as many: after a large batch a
        single picture does not wait for as many as that had."""
        with self._lock:
            size = min((size for size in self._compiled if batch <= size < 2 * batch), default=batch)
            if size not in self._compiled:
                new = self._compile(size)
                apart = {
                    s: one for s, one in self._compiled.items() if not s < size < 2 * s
                }  # it serves those too
                self._compiled = {**apart, size: new}
            self._flows[size] += 1
            return _Flow(self._compiled[size], size)

    def _ended(self, flow: _Flow) -> None:
        with self._lock:
            self._flows[flow.batch] -= 1
            if not self._flows[flow.batch]:
                flow.release()

    def _compile(self, batch: int) -> Any:
        model = self.model.clone()
        model.reshape([batch, *(dimension.get_length() for dimension in model.input(0).partial_shape[1:])])
        model = _from_pictures(_in_pairs(model) if batch == 1 else model, self.preprocess)
        options = {
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
            "NUM_STREAMS": str(_REQUESTS),
            "INFERENCE_NUM_THREADS": self.threads or os.cpu_count() or 1,
            # Threads tied to cores stand still for as long as another process holds one of them.
            "ENABLE_CPU_PINNING": False,
        }
        return core().compile_model(model, "CPU", options)

    def stream(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """See Runtime.stream. A batch smaller than the first is padded, a larger one compiles anew."""
        flow: _Flow | None = None
        try:
            for batch in batches:
                if flow is None or len(batch) > flow.batch:
                    if flow:
                        yield from flow.drained()
                        self._ended(flow)
                    flow = self._flow(len(batch))
                yield from flow.sent(batch)
            if flow:
                yield from flow.drained()
        finally:
            if flow:
                self._ended(flow)


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


def _in_pairs(model: Any) -> Any:
    """The model for one picture, in which a vector that is multiplied with a matrix goes twice, side by side, from
    there to where it meets a map or is put out.

    The product of one vector with a matrix is summed in another order than that of several. So a picture's features are
    the same to the last bit, whatever runs beside it.
    """
    from openvino import opset13 as ops

    known, paired = set[str](), set[str]()  # names of what no picture changes, of what comes in pairs
    for op in model.get_ordered_ops():
        name, kind = op.get_friendly_name(), op.get_type_name()
        sources = [one.get_source_output() for one in op.inputs()]
        names = [one.get_node().get_friendly_name() for one in sources]
        if kind == "Constant" or (names and known.issuperset(names)):
            known.add(name)
        elif kind in _ROW_BY_ROW and paired and {*names} - known <= paired:
            paired.add(name)
        elif kind == "MatMul" and list(sources[0].get_shape())[:-1] == [1] and names[1] in known:
            op.input(0).replace_source_output(ops.concat([sources[0], sources[0]], 0).output(0))
            paired.add(name)
        else:
            for own, source, of in zip(op.inputs(), sources, names, strict=True):
                if of in paired:
                    own.replace_source_output(ops.slice(source, [0], [1], [1], [0]).output(0))
    model.validate_nodes_and_infer_types()
    return model


def _from_pictures(model: Any, preprocess: Preprocess) -> Any:
    """The model with Preprocess.normalise before it: uint8 [B, S, S, 3] in."""
    ov = library()
    from openvino.preprocess import PrePostProcessor

    whole = PrePostProcessor(model)
    whole.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    whole.input().model().set_layout(ov.Layout("NCHW"))
    steps = whole.input().preprocess().convert_element_type(ov.Type.f32)
    steps.mean([255 * value for value in preprocess.mean]).scale([255 * value for value in preprocess.std])
    return whole.build()


def precisions() -> tuple[str, ...]:
    """What this machine's CPU computes in by its own instructions."""
    offered = core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ("fp32", "bf16") if "BF16" in offered else ("fp32",)
