"""The page's engine, run by node where there is one: what a browser would answer, asked from Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headstart.errors import BackboneError
from headstart.web.page import HERE


def found() -> str | None:
    """node's path, where there is one."""
    return shutil.which("node")


def ask(html: str, pictures: Sequence[np.ndarray], how: str) -> list[dict[str, Any]]:
    """What the page answers to pictures, uint8 [H, W, 3] each.

    how: "frames", prepared already; "pictures"; "prepared", which tells only the frames that pictures become; or
    "features", only what the head reads of frames.
    Raises BackboneError with what node said.
    """
    node = found()
    assert node
    with tempfile.TemporaryDirectory() as folder:
        page, data = Path(folder) / "page.html", Path(folder) / "pictures"
        page.write_text(html, encoding="utf-8")
        with data.open("wb") as handle:
            for one in pictures:
                handle.write(
                    np.array(one.shape[1::-1], "<u4").tobytes() + np.ascontiguousarray(one).tobytes()
                )
        command = [node, str(HERE / "check.js"), str(page), str(data), how]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise BackboneError(
            f"the page's engine fails under node: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
        )
    return [json.loads(line) for line in done.stdout.splitlines()]
