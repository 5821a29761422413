"""Runs a frozen network fast: OpenVINO on CPUs, torch elsewhere, one interface."""

from headstart.runtime.job import Job
from headstart.runtime.runtime import PRECISIONS, RUNTIMES, Runtime, converted, start

__all__ = ["PRECISIONS", "RUNTIMES", "Job", "Runtime", "converted", "start"]
