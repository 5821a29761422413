"""Runs a frozen network fast: OpenVINO on CPUs, torch elsewhere, one interface."""

from headstart.runtime.job import Job
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
from headstart.runtime.verdicts import machine, once

__all__ = [
    "PRECISIONS",
    "RUNTIMES",
    "Job",
    "Runtime",
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
