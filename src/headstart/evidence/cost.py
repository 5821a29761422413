"""What strategies cost on this machine, from a short timing of the frozen network."""

from __future__ import annotations

import time

import numpy as np

from headstart import cache, files
from headstart.backbone import Backbone
from headstart.runtime import Execution, Resolved, Trunk, machine, resolve, start

_PICTURES, _ROUNDS = 16, 3


def speed(backbone: Backbone, execution: Execution | Resolved) -> float:
    """Pictures a second through the frozen network, decoding apart; timed once and kept for network and machine.

    The best of a few rounds: what else the machine does only ever slows it. Raises BackboneError.
    """
    how = resolve(execution)
    ran = (how.engine, how.precision, str(how.threads))
    key = files.sha256_of(Trunk(backbone, backbone.stages).key, *ran, *machine())
    return float(cache.remembered(("speed",), key, lambda: _time(backbone, how)))


def _time(backbone: Backbone, how: Resolved) -> float:
    side = backbone.preprocess.size
    size = how.batch_of(side)
    batch = np.random.default_rng(0).integers(0, 256, (size, side, side, 3), dtype=np.uint8)
    runtime = start(Trunk(backbone, backbone.stages), how)
    list(runtime.stream([batch]))  # compiles
    count = max(2, _PICTURES // size)
    seconds = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        list(runtime.stream([batch] * count))
        seconds.append(time.perf_counter() - began)
    return count * size / min(seconds)
