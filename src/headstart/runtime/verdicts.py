"""What was measured once of this machine is kept, so that the same job goes the same way the next time."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence

from headstart import cache, files
from headstart.runtime.runtime import processor


def machine() -> tuple[str, str, str]:
    """What timings hold for: kind and name of the processor, and how many there are."""
    return platform.machine(), processor(), str(os.cpu_count())


def once(subject: Sequence[str], measure: Callable[[], dict[str, str]]) -> dict[str, str]:
    """{"precision": "fp32" or "bf16", "why"}: what `measure` found for this subject on this machine, now or before."""
    key = files.sha256_of(*subject, *machine())
    return cache.remembered(("precision",), key, measure, what="the precision is")
