"""The last door: what reaches it becomes one line and an exit code."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from headstart.cli import backbones
from headstart.errors import DataError


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Makes the verb `backbones` fail with `error`."""

    def run(args: object, session: object) -> int:
        raise error

    monkeypatch.setattr(backbones, "run", run)


def test_an_error_to_mend_is_one_line(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, DataError("photos: no such folder;\nname another"))
    answer = headstart("backbones")
    assert (answer.code, answer.err) == (2, "headstart: photos: no such folder; name another\n")


def test_an_internal_error_is_one_line_and_names_debug(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, ValueError("seven"))
    answer = headstart("backbones")
    assert answer.code == 1
    assert answer.err == (
        "headstart: internal error: ValueError: seven (run with --debug for the traceback)\n"
    )


def test_debug_shows_the_traceback(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, ValueError("seven"))
    answer = headstart("backbones", "--debug")
    assert answer.code == 1
    assert "Traceback" in answer.err


def test_interrupted(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert headstart("backbones").code == 130


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_line(headstart, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    raising(monkeypatch, OSError(number, "full", "/somewhere/file"))
    answer = headstart("backbones")
    assert answer.code == 2
    assert answer.err == (
        "headstart: /somewhere/file: no space left on the disk; free some, or write elsewhere\n"
    )


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 120. GiB"),
        RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        ),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    ],
)
def test_too_little_memory_is_one_line(headstart, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    raising(monkeypatch, error)
    answer = headstart("backbones")
    assert answer.code == 2
    assert (
        answer.err == "headstart: not enough memory; smaller pictures, batches or networks need less of it\n"
    )


def test_a_reader_that_went_away_is_no_error() -> None:
    code = (
        "import sys; from headstart.cli import backbones, main, show\n"
        "def run(args, session):\n    show.out('x' * 100000); return 0\n"
        "backbones.run = run\n"
        "sys.exit(main.main(['backbones']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (0, "")


def test_a_reader_that_goes_after_the_plan_does_not_end_the_training(
    backbone: Path, shapes: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "headstart",
        "train",
        str(shapes),
        "--backbone",
        str(backbone),
        "--quiet",
    ]
    run = subprocess.Popen([*command, "-o", str(tmp_path / "run")], stdout=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.close()
    assert run.wait(timeout=120) == 0
    assert (tmp_path / "run" / "bundle" / "headstart.json").is_file()
