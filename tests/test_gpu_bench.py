"""benchmarks/gpu.py, which only a machine with CUDA can run in earnest: its dry run, and what it refuses."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "gpu.py"


@pytest.fixture
def gpu(monkeypatch):
    spec = importlib.util.spec_from_file_location("gpu", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gpu", module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _ran(*flags: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, SCRIPT, *flags], capture_output=True, text=True, env=environment, check=False
    )


def test_without_cuda_it_says_so_in_one_line() -> None:
    ran = _ran()
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines() == ["gpu: torch finds no CUDA on this machine; nothing was measured"]


@pytest.mark.slow
def test_every_part_runs_on_the_cpu() -> None:
    ran = _ran("--device", "cpu")
    assert ran.returncode == 0, ran.stderr
    lines = [line for line in ran.stdout.splitlines() if line.startswith("| ")]
    parts = (
        "frozen features",
        "fine-tuning (case 3)",
        "from scratch",
        "bundle",
        "pre-training",
        "of the bare loop",
    )
    assert all(any(line.startswith(f"| {part}") for line in lines) for part in parts)
    assert all(line.endswith("| yes |") for line in lines[1:])


def test_what_is_out_of_bounds_is_named(gpu, capsys) -> None:
    rows = [gpu.Row("speed", 0.1, low=0.2), gpu.Row("difference", 0.1, high=0.2), gpu.Row("seconds", 3.0)]
    assert gpu.judged(rows, "cpu") == 1
    printed = capsys.readouterr()
    assert "| speed | 0.1 | ≥ 0.2 | **no** |" in printed.out
    assert "| difference | 0.1 | ≤ 0.2 | yes |" in printed.out
    assert printed.err == "gpu: speed: 0.1 is out of bounds\n"
    assert gpu.judged(rows[1:], "cpu") == 0
    assert gpu.judged([gpu.Row("loss", float("nan"), high=1.0)], "cpu") == 1
