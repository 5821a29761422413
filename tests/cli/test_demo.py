"""The demo: the same verbs, one after the other, on pictures it writes itself."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from headstart import extras
from headstart.cli import demo
from headstart.job import default
from headstart.job import train as job


def test_the_digits_are_written_once_as_class_folders(tmp_path: Path) -> None:
    folder = demo.handwritten_digits(tmp_path)
    assert {path.name for path in folder.iterdir()} == set("0123456789")
    assert len(list(folder.rglob("*.png"))) == 1797
    before = folder.stat().st_mtime_ns
    assert demo.handwritten_digits(tmp_path) == folder
    assert folder.stat().st_mtime_ns == before


def test_without_scikit_learn_it_names_the_extra(
    headstart, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    answer = headstart("demo", "-o", tmp_path / "run", "--quiet")
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert extras.command("demo") in answer.err


@pytest.fixture
def quick(shapes: Path, backbone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo on few pictures and a small network."""
    monkeypatch.setattr(demo, "handwritten_digits", lambda folder: shapes)
    monkeypatch.setattr(default, "SMALL_BACKBONE", str(backbone))


@pytest.mark.usefixtures("quick")
def test_it_runs_every_step_and_names_the_report(headstart, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    answer = headstart("demo", "-o", folder, "--quiet")
    assert (answer.code, answer.err) == (0, "")
    steps = [line.split()[2] for line in answer.out.splitlines() if line.startswith("$ headstart")]
    assert steps == ["plan", "train", "evaluate", "predict"]
    assert answer.out.splitlines()[-1] == f"report   {folder / 'report.html'}"
    assert (folder / "report.html").is_file()
    assert headstart("demo", "-o", folder, "--quiet").code == 2
    assert headstart("demo", "-o", folder, "--quiet", "--force").code == 0


@pytest.mark.usefixtures("quick")
def test_an_interrupted_demo_goes_on_as_it_advises(
    headstart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(job, "_prove", lambda *_: signal.raise_signal(signal.SIGINT))
        stopped = headstart("demo", "-o", folder, "--quiet")
    assert stopped.code == 130
    assert f"go on with: headstart demo --resume -o {folder}" in stopped.err
    again = headstart("demo", "--resume", "-o", folder, "--quiet")
    assert again.code == 0, again.err
    assert (folder / "report.html").is_file()
