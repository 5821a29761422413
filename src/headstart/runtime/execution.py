"""How networks run: what is asked for (Execution), and what that comes to on this machine (Resolved).

resolve() is the one place that makes the second of the first, for the library and for the command line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from headstart import progress
from headstart.errors import BackboneError
from headstart.runtime import hardware

RUNTIMES = ("auto", "openvino", "torch")
PRECISIONS = ("fp32", "bf16")
KEEPS = ("fp32", "fp16", "none")
# Pictures that run together at most, and their pixels on a CPU.
_MOST, _PIXELS = 32, 4 * 224 * 224


@dataclass(frozen=True)
class Execution:
    """What is asked for. "auto" and 0 leave it to headstart.

    runtime     one of RUNTIMES; "auto" is OpenVINO on a CPU, and torch on anything else or what OpenVINO cannot convert
    precision   of frozen networks, one of PRECISIONS; "auto" is what the plan says, or what measure() measures
    copies      the precision of random copies, which are bars and no results; "auto" is the shortest of the machine
    device      "cpu", "mps", "cuda", "cuda:1"; "auto" is an accelerator where there is one
    workers     threads that decode; 0 is one a processor
    threads     threads that networks run in; 0 is as many as whatever runs them takes
    batch_size  pictures that run together; 0 is what suits runtime and picture size
    keep        how features are kept on the disk: "fp32", "fp16" (half the space; used as rounded, the first time
                too) or "none"
    """

    runtime: str = "auto"
    precision: str = "auto"
    copies: str = "auto"
    device: str = "auto"
    workers: int = 0
    threads: int = 0
    batch_size: int = 0
    keep: str = "fp32"

    def __post_init__(self) -> None:
        """Raises ValueError or BackboneError for a word that none of these knows."""
        if self.keep not in KEEPS:
            raise ValueError(f"keep {self.keep!r}: expected one of {', '.join(KEEPS)}")
        if self.runtime not in RUNTIMES:
            raise BackboneError(f"runtime {self.runtime!r} is unknown; expected one of {', '.join(RUNTIMES)}")
        for precision in (self.precision, self.copies):
            if precision not in ("auto", *PRECISIONS):
                raise BackboneError(
                    f"precision {precision!r} is unknown; expected one of {', '.join(PRECISIONS)}"
                )


@dataclass(frozen=True)
class Resolved:
    """What runs on this machine; nothing is "auto" any more. Made by resolve().

    runtime "openvino" or "torch"; device "cpu", "cuda:1" or "mps" (OpenVINO's is "cpu"); precision and copies of
    PRECISIONS; keep, workers, threads and batch_size as in Execution, where 0 still means as many as suit.
    strict: the runtime was named, so that no other takes its place where it cannot run a network.
    """

    runtime: str
    device: str
    precision: str
    copies: str
    keep: str = "fp32"
    workers: int = 0
    threads: int = 0
    batch_size: int = 0
    strict: bool = False

    @property
    def engine(self) -> str:
        """What computes: "openvino", or torch with its device, such as "torch cuda:1"."""
        return self.runtime if self.runtime == "openvino" else f"{self.runtime} {self.device}"

    @property
    def of_copies(self) -> Resolved:
        """The same for random copies, which have a precision of their own."""
        return replace(self, precision=self.copies)

    @property
    def network(self) -> Resolved:
        """What a network is made ready by: without what concerns pictures and features alone."""
        return replace(self, copies=self.precision, keep="none", workers=0, batch_size=0)

    def batch_of(self, size: int) -> int:
        """How many pictures of size × size pixels run together: batch_size, or what suits.

        On a CPU no more than leave what lies between layers in its caches: MobileNetV2 at 224 px runs half as fast
        again by fours as by thirty-twos, in a fifth of the memory.
        """
        if self.batch_size:
            return self.batch_size
        return _MOST if self.runtime == "torch" else min(_MOST, max(1, _PIXELS // size**2))


def resolve(execution: Execution | Resolved, *, precision: str | None = None) -> Resolved:
    """What `execution` comes to on this machine; one that is resolved stays as it is.

    precision: what "auto" is to be, as a plan or a measurement says; "fp32" where neither does. Where the machine lacks
    bfloat16 it says so and takes float32. Raises BackboneError where it lacks the device, or a name is unknown.
    """
    if isinstance(execution, Resolved):
        return execution
    device = hardware.device_of(execution.device)
    openvino = execution.runtime == "openvino" or (execution.runtime == "auto" and device == "cpu")
    runtime, device = ("openvino", "cpu") if openvino else ("torch", device)
    able = hardware.precisions(runtime, device)
    wanted = (precision or "fp32") if execution.precision == "auto" else execution.precision
    return Resolved(
        runtime=runtime,
        device=device,
        precision=_possible(wanted, able),
        copies=able[-1] if execution.copies == "auto" else _possible(execution.copies, able),
        keep=execution.keep,
        workers=execution.workers,
        threads=execution.threads,
        batch_size=execution.batch_size,
        strict=execution.runtime != "auto",
    )


def _possible(precision: str, able: tuple[str, ...]) -> str:
    """The precision asked for, or "fp32" where this machine lacks it, which is said."""
    if precision not in PRECISIONS:
        raise BackboneError(f"precision {precision!r} is unknown; expected one of {', '.join(PRECISIONS)}")
    if precision in able:
        return precision
    progress.say_once(f"precision {precision}: this machine lacks it; the network runs in fp32")
    return "fp32"
