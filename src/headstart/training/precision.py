"""In which precision a network trains faster on this machine: by timing, since it goes either way.

Small trains twice as fast in bfloat16 on a CPU that has it; MobileNetV2 at 64 pixels a third slower, for its depthwise
convolutions.
"""

from __future__ import annotations

import copy
import time

import torch
from torch import nn

from headstart import progress
from headstart.backbone.taps import first_tensor
from headstart.runtime import measure_once
from headstart.runtime.torch import precisions

PICTURES, _ROUNDS = 16, 3  # pictures in a step, steps in each precision
# Raised whenever the verdict is reached otherwise than before.
_VERSION = 2
# So much faster bfloat16 must be to be worth its rounding.
_WORTH = 1.1


def faster(network: nn.Module, device: torch.device, size: int) -> str:
    """ "bf16" where the device has it and steps of `network` on [16, 3, size, size] are clearly faster in it, else
    "fp32". The network itself stays as it is; the verdict is said once and kept."""
    if "bf16" not in precisions(device.type):
        return "fp32"
    trained = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else str(torch.get_num_threads())
    what = (repr(network), " ".join(trained), str(size))
    subject = ["training", str(_VERSION), *what, device.type, kind, torch.__version__]
    known = measure_once(subject, lambda: _timed(network, device, size))
    progress.say_once(f"trains in {known['precision']}: {known['why']}")
    return known["precision"]


def _timed(network: nn.Module, device: torch.device, size: int) -> dict[str, str]:
    with torch.random.fork_rng(devices=[]):
        trial = copy.deepcopy(network).train()
        x = torch.randn(PICTURES, 3, size, size).to(device, memory_format=torch.channels_last)
        taken: dict[str, list[float]] = {"fp32": [], "bf16": []}
        for _ in range(_ROUNDS):  # in turn, so that what else the machine does meets both
            for name, own in taken.items():
                own.append(step_seconds(trial, x, name))
    gain = min(taken["fp32"][1:]) / min(taken["bf16"][1:])  # the first ones warm up
    why = f"a step in bf16 takes {1 / gain:.2f} of the time of one in fp32 here"
    return {"precision": "bf16" if gain > _WORTH else "fp32", "why": why}


def step_seconds(network: nn.Module, x: torch.Tensor, precision: str) -> float:
    """Of one pass there and back."""
    began = time.perf_counter()
    with torch.autocast(x.device.type, torch.bfloat16, enabled=precision == "bf16"):
        loss = first_tensor(network(x)).float().square().mean()
    loss.backward()
    network.zero_grad(set_to_none=True)
    if x.device.type == "cuda":
        torch.cuda.synchronize(x.device)
    return time.perf_counter() - began
