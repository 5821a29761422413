"""Runs a frozen network fast: OpenVINO on CPUs, torch elsewhere, one interface."""

from headstart.runtime.execution import KEEPS, Execution
from headstart.runtime.runtime import (
    PRECISIONS,
    RUNTIMES,
    Runtime,
    chosen,
    converted,
    kept,
    possible,
    precisions,
    processor,
    start,
    suiting_batch,
)
from headstart.runtime.trunk import Trunk
from headstart.runtime.verdicts import machine, once

__all__ = [
    "KEEPS",
    "PRECISIONS",
    "RUNTIMES",
    "Execution",
    "Runtime",
    "Trunk",
    "chosen",
    "converted",
    "kept",
    "machine",
    "once",
    "possible",
    "precisions",
    "processor",
    "start",
    "suiting_batch",
]
