"""One interface for running a frozen network: batches in, pooled cuts out, whatever computes them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from headstart import progress
from headstart.data.preprocess import Preprocess
from headstart.errors import BackboneError
from headstart.runtime.trunk import Trunk

RUNTIMES = ("auto", "openvino", "torch")
PRECISIONS = ("fp32", "bf16")
# Pictures that run together at most, and their pixels on a CPU.
_MOST, _PIXELS = 32, 4 * 224 * 224


class Runtime(Protocol):
    """name: "openvino" or "torch"; precision: "fp32", or "bf16": layers compute in bfloat16, outputs are float32."""

    name: str
    precision: str

    def stream(self, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
        """uint8 [B, S, S, 3] batches → per batch, in order, one float32 [B, D_k] per output."""
        ...


def start(job: Trunk, *, runtime: str = "auto", precision: str = "fp32", device: str = "auto") -> Runtime:
    """Makes `job` ready to run. "auto" is OpenVINO on a CPU and torch on anything else.

    Where OpenVINO cannot convert the network, "auto" says so and uses torch. Raises BackboneError for names that
    are unknown and where a named runtime cannot run the network. Where the machine lacks bfloat16 it says so and
    computes in float32.
    """
    if runtime not in RUNTIMES:
        raise BackboneError(f"runtime {runtime!r} is unknown; expected one of {', '.join(RUNTIMES)}")
    precision = possible(precision, runtime, device)
    if chosen(runtime, device) != "openvino":
        return _torch(job, precision, device)
    try:
        from headstart.runtime import openvino

        return openvino.prepare(job, precision)
    except BackboneError as error:
        if runtime == "openvino":
            raise
        progress.say_once(f"{error}; torch runs it instead")
        return _torch(job, precision, device)


def kept(job: Trunk, *, runtime: str = "auto", device: str = "auto") -> bool:
    """Whether the job's network lies converted in the cache, so that start() imports no torch for it."""
    if chosen(runtime, device) != "openvino":
        return False
    from headstart.runtime import openvino

    return openvino.kept(job)


def suiting_batch(size: int, runtime: str, device: str) -> int:
    """How many pictures of size × size pixels run together.

    On a CPU no more than leave what lies between layers in its caches: MobileNetV2 at 224 px runs half as fast again by
    fours as by thirty-twos, in a fifth of the memory.
    """
    if chosen(runtime, device) != "openvino":
        return _MOST
    return min(_MOST, max(1, _PIXELS // size**2))


def precisions(runtime: str, device: str) -> tuple[str, ...]:
    """Those of PRECISIONS that this machine computes in by its own instructions."""
    if chosen(runtime, device) == "openvino":
        from headstart.runtime import openvino

        return openvino.precisions()
    from headstart.runtime import torch

    return torch.precisions(device)


def possible(precision: str, runtime: str, device: str) -> str:
    """The precision asked for, or "fp32" where this machine lacks it, which is said. Raises BackboneError."""
    if precision not in PRECISIONS:
        raise BackboneError(f"precision {precision!r} is unknown; expected one of {', '.join(PRECISIONS)}")
    if precision == "fp32" or precision in precisions(runtime, device):
        return precision
    progress.say(f"precision {precision}: this machine lacks it; the network runs in fp32")
    return "fp32"


def chosen(runtime: str, device: str) -> str:
    """What "auto" comes to on this machine: "openvino", or "torch" with its device."""
    if runtime == "torch" or (runtime == "auto" and not _cpu(device)):
        return f"torch {device}"
    return "openvino"


def converted(
    folder: Path, sizes: tuple[int, ...], preprocess: Preprocess, precision: str = "fp32"
) -> Runtime:
    """The converted network in `folder` (a bundle's), without torch. Raises BackboneError."""
    from headstart.runtime import openvino

    return openvino.from_file(folder, sizes, preprocess, possible(precision, "openvino", "cpu"))


def _torch(job: Trunk, precision: str, device: str) -> Runtime:
    from headstart.runtime.torch import TorchRuntime

    return TorchRuntime(job.network(), job.backbone.preprocess, device, precision)


def processor() -> str:
    """The processor's name where the system tells it, else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def _cpu(device: str) -> bool:
    """True where the work stays on the CPU; asks torch only where an accelerator may be there."""
    if device != "auto":
        return device == "cpu"
    if not any(
        Path(path).exists()
        for path in ("/dev/nvidiactl", "/dev/kfd", "/System/Library/Frameworks/Metal.framework")
    ):
        return True
    import torch

    return not (torch.cuda.is_available() or torch.backends.mps.is_available())
