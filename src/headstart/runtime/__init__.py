"""Runs a frozen network fast: OpenVINO on CPUs, torch elsewhere, one interface."""

from headstart.runtime.execution import KEEPS, PRECISIONS, RUNTIMES, Execution, Resolved, resolve
from headstart.runtime.hardware import device_of, machine, precisions, processor
from headstart.runtime.runtime import Runtime, is_converted, start, start_from
from headstart.runtime.trunk import Trunk
from headstart.runtime.verdicts import measure_once

__all__ = [
    "KEEPS",
    "PRECISIONS",
    "RUNTIMES",
    "Execution",
    "Resolved",
    "Runtime",
    "Trunk",
    "device_of",
    "is_converted",
    "machine",
    "measure_once",
    "precisions",
    "processor",
    "resolve",
    "start",
    "start_from",
]
