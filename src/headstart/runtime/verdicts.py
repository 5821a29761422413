"""What was measured once of this machine is kept, so that the same job goes the same way the next time."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from headstart import files, progress
from headstart.errors import OutputError
from headstart.runtime.runtime import processor


def once(subject: Sequence[str], measure: Callable[[], dict[str, str]]) -> dict[str, str]:
    """{"precision": "fp32" or "bf16", "why"}: what `measure` found for this subject on this machine, now or before."""
    place = _place(subject)
    known = None if place is None else _read(place)
    if known is None:
        known = measure()
        _keep(place, known)
    return known


def _place(subject: Sequence[str]) -> Path | None:
    machine = [platform.machine(), processor(), str(os.cpu_count())]
    try:
        return files.cache_folder("precision") / f"{files.sha256_of(*subject, *machine)}.json"
    except OutputError as error:
        progress.say(f"the precision is not kept: {error}")
        return None


def _keep(path: Path | None, known: dict[str, str]) -> None:
    try:
        if path is not None:
            files.write_json(path, known)
    except OutputError as error:
        progress.say(f"the precision is not kept: {error}")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(known, dict) and isinstance(known.get("why"), str)
    return known if whole and known.get("precision") in ("fp32", "bf16") else None
