"""What was measured once of this machine is kept, so that the same job goes the same way the next time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from headstart import cache, files
from headstart.runtime.hardware import machine


def measure_once(subject: Sequence[str], measure: Callable[[], dict[str, str]]) -> dict[str, str]:
    """{"precision": "fp32" or "bf16", "why"}: what `measure` found for this subject on this machine, now or before."""
    key = files.sha256_of(*subject, *machine())
    return cache.remembered(("precision",), key, measure, what="the precision is")
