"""What this machine has: devices, what they compute in, its processor."""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
from pathlib import Path

from headstart.errors import BackboneError
from headstart.extras import installed, needed_for

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
# Where one of these is, torch is asked whether an accelerator works; elsewhere there is none, and torch stays away.
_SIGNS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd", "/System/Library/Frameworks/Metal.framework")


def device_of(name: str) -> str:
    """The device called `name` here: "cpu", "mps", "cuda" or "cuda:1"; "auto" is CUDA, then MPS, then the CPU.

    Raises BackboneError where the name is none, or this machine lacks the device.
    """
    if _DEVICE.fullmatch(name) is None:
        raise BackboneError(f"--device {name}: unknown; expected auto, cpu, mps, cuda or cuda:N")
    if name == "cpu" or (name == "auto" and not _may_accelerate()):
        return "cpu"
    with needed_for(f"--device {name}"):
        there = accelerators()
    if name == "auto":
        return next((kind for kind in ("cuda", "mps") if kind in there), "cpu")
    if name not in there:
        found = ", ".join(there) or "none"
        raise BackboneError(f"--device {name}: torch finds {found} here; use --device auto or cpu")
    return name


def _may_accelerate() -> bool:
    if not installed("torch"):
        return False
    return "torch" in sys.modules or any(Path(sign).exists() for sign in _SIGNS)


def accelerators() -> tuple[str, ...]:
    """The devices beside the CPU that torch can use, such as ("cuda", "cuda:0", "cuda:1")."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cuda = ("cuda", *(f"cuda:{number}" for number in range(count))) if count else ()
    return (*cuda, *(("mps",) if torch.backends.mps.is_available() else ()))


@functools.cache
def precisions(runtime: str, device: str) -> tuple[str, ...]:
    """What `runtime` ("openvino" or "torch") computes in on `device` by the machine's own instructions: ("fp32",), or
    ("fp32", "bf16")."""
    if runtime == "openvino":
        from headstart.runtime import openvino

        return openvino.precisions()
    with needed_for("--runtime torch"):
        from headstart.runtime import torch

    return torch.precisions(device)


@functools.cache
def processor() -> str:
    """The processor's name where the system tells it, else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def machine() -> tuple[str, str, str]:
    """What timings hold for: kind and name of the processor, and how many there are."""
    return platform.machine(), processor(), str(os.cpu_count())
