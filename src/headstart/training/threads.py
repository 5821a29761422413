"""In how many threads a network trains: by timing, since it depends on what else the machine does.

On processors that others share, a step waits at every layer for whichever thread does not get its turn: one of 1 to 3
seconds in one thread has been seen to take 15 in two. How busy a machine is changes, so the verdict is not kept.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from headstart import progress
from headstart.runtime.threads import bounded
from headstart.training import precision

# So much faster fewer threads must be, which they are not where nothing else runs: there a command goes the same way.
_WORTH = 1.5
_ROUNDS, _LONG = 3, 2.0  # steps timed for each number; no more of them once they have taken so many seconds
_SHORT = 0.1  # seconds of a step below which there is little to gain


def suiting(network: nn.Module, device: torch.device, size: int, asked: int = 0) -> int:
    """The threads `asked` for; else all, or fewer where steps of `network` on [16, 3, size, size] are clearly faster in
    these at the moment, which is said. The network itself stays as it is."""
    if asked:
        return asked
    every = torch.get_num_threads()
    if device.type != "cpu" or every == 1:
        return every
    taken = _timed(network, size, every)
    best = min(taken, key=lambda count: taken[count])
    gain = taken[every] / taken[best]
    if gain < _WORTH:
        return every
    progress.say_once(
        f"trains in {best} of {every} threads: a step in all of them takes {gain:.1f} times as long now, since other "
        "work shares the processors (--threads sets their number)"
    )
    return best


def _timed(network: nn.Module, size: int, every: int) -> dict[int, float]:
    """Threads → seconds of a step: half as many each time, as long as that is not clearly slower."""
    taken, count = dict[int, float](), every
    with torch.random.fork_rng(devices=[]):
        trial = copy.deepcopy(network).train()
        x = torch.randn(precision.PICTURES, 3, size, size).to(memory_format=torch.channels_last)
        while count and taken.get(2 * count, 0.0) < _WORTH * min(taken.values(), default=float("inf")):
            taken[count] = _seconds(trial, x, count)
            count = count // 2 if max(taken.values()) > _SHORT else 0
    return taken


def _seconds(trial: nn.Module, x: torch.Tensor, count: int) -> float:
    """Of the fastest of a few steps."""
    taken = list[float]()
    with bounded(count):
        while len(taken) < _ROUNDS and sum(taken) < _LONG:
            taken.append(precision.step_seconds(trial, x, "fp32"))
    return min(taken)
