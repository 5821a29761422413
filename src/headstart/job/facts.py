"""What a run ran on and with: no name of a host, user or address."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Facts:
    """command: the command line, "" for a call from Python; created: ISO 8601; versions: package → version; machine:
    its system, processor, cores and bytes of memory."""

    command: str
    created: str
    seed: int
    versions: dict[str, str]
    machine: dict[str, str | int | None]

    @staticmethod
    def now(command: str, seed: int) -> Facts:
        from headstart.data import memory
        from headstart.model import versions
        from headstart.runtime import processor

        machine = {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": processor(),
            "cores": os.cpu_count(),
            "memory_bytes": memory.installed(),
        }
        created = datetime.now().astimezone().isoformat(timespec="seconds")
        return Facts(command, created, seed, versions(), machine)

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self)}
