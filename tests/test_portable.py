"""Windows and macOS can run it: what POSIX or Linux alone has is hidden, and the house still stands and works.

The libraries are imported first: what they need of a system is theirs to see to. (os.set_blocking, which Windows has
from Python 3.12 on, stays: here a pipe for signals must not block.)
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from headstart import locks
from tests.cli.conftest import COLOURS, picture

HIDDEN_MODULES = ("fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty")
HIDDEN_NAMES = {
    "os": "O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_CLOEXEC chown fchmod fchown fdatasync fork fpathconf geteuid getgid "
    "getloadavg getpgid getpriority getuid killpg lchown mkfifo mknod nice pathconf pipe2 posix_fadvise "
    "posix_fallocate posix_spawn pread preadv pwrite pwritev register_at_fork sched_getaffinity sched_setaffinity "
    "sendfile setsid statvfs sync sysconf uname wait4 waitid",
    "signal": "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIGUSR2 ITIMER_REAL alarm pause "
    "pthread_kill pthread_sigmask setitimer siginterrupt sigwait",
    "time": "clock_gettime tzset pthread_getcpuclockid",
    "select": "epoll poll",
}
HIDE = f"""
import importlib, multiprocessing, pkgutil, shutil, subprocess, sys, tempfile
sys.modules["openvino_telemetry"] = None
import jinja2, numpy, openvino, PIL.Image, PIL.features, rich.progress, safetensors.numpy, sklearn.datasets
import tarfile, torch.fx, torchvision, timm, safetensors.torch, zipfile
for name in {HIDDEN_MODULES}:
    sys.modules[name] = None
for module, names in {HIDDEN_NAMES}.items():
    for name in names.split():
        vars(importlib.import_module(module)).pop(name, None)
sys.platform = "elsewhere"
"""
IMPORT_ALL = """
import headstart
for found in pkgutil.walk_packages(headstart.__path__, "headstart."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
assert headstart.locks._fcntl is None
"""
JOB = """
from headstart.cli.main import main
for command in (
    "train shards/train-0.tar -o run --backbone demo-cnn --case 1 --quiet",
    "train pictures -o run --force --backbone demo-cnn --quiet",
    "evaluate run/bundle pictures",
    "predict run/bundle pictures/daisy/0.png",
):
    assert main(command.split()) == 0, command
"""


def elsewhere(work: str, folder: Path) -> None:
    """Runs `work` in a process of its own, in `folder`, on a system that lacks what Linux alone has."""
    program = f"{HIDE}{work}"
    command = [sys.executable, "-X", "warn_default_encoding", "-W", "error:::headstart", "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_every_module_is_imported_where_posix_is_lacking(tmp_path: Path) -> None:
    elsewhere(IMPORT_ALL, tmp_path)


def test_a_job_is_done_where_posix_is_lacking(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name, shape in zip(("daisy", "rose"), COLOURS, strict=False):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            picture(shape, rng, 40).save(tmp_path / "pictures" / name / f"{number}.png")
    _as_shard(tmp_path / "pictures", tmp_path / "shards" / "train-0.tar")
    elsewhere(JOB, tmp_path)
    names = [path.name for path in tmp_path.rglob("*")] + [path.name for path in _cache().rglob("*")]
    assert not [name for name in names if set(name) & set('<>:"|?*\\') or name.endswith((".", " "))]
    assert b"\r" not in (tmp_path / "run" / "plan.toml").read_bytes()


def _cache() -> Path:
    return Path(os.environ["XDG_CACHE_HOME"])


def _as_shard(pictures: Path, shard: Path) -> None:
    import io
    import tarfile

    shard.parent.mkdir()
    with tarfile.open(shard, "w") as archive:
        for number, path in enumerate(sorted(pictures.glob("*/*.png"))):
            for name, content in (
                (f"{number}.png", path.read_bytes()),
                (f"{number}.cls", path.parent.name.encode()),
            ):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


class Msvcrt:
    """The part of msvcrt that is used: it never waits, and says EACCES of what another has."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.fcntl = pytest.importorskip("fcntl")

    def locking(self, handle: int, mode: int, count: int) -> None:
        assert (mode, count, os.lseek(handle, 0, os.SEEK_CUR)) == (self.LK_NBLCK, 1, 0)
        try:
            self.fcntl.flock(handle, self.fcntl.LOCK_EX | self.fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error


@pytest.fixture(params=["flock", "msvcrt"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "msvcrt":
        monkeypatch.setattr(locks, "_msvcrt", Msvcrt())
        monkeypatch.setattr(locks, "_fcntl", None)
    elif locks._fcntl is None:
        pytest.skip("this system has no flock")
    return request.param


@pytest.mark.usefixtures("system")
def test_a_lock_is_one_process_at_a_time(tmp_path: Path) -> None:
    path, seen = tmp_path / "lock", []
    inside = threading.Event()

    def other() -> None:
        inside.wait()
        with locks.held(path):
            seen.append("other")

    thread = threading.Thread(target=other)
    thread.start()
    assert not locks.is_held(path), "there is no such file yet"
    with locks.held(path):
        inside.set()
        assert locks.is_held(path)
        time.sleep(0.2)
        seen.append("first")
    thread.join()
    assert seen == ["first", "other"]
    assert not locks.is_held(path)


@pytest.mark.usefixtures("system")
def test_a_lock_whose_file_is_removed_is_one_process_at_a_time(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "lock", [], []

    def work() -> None:
        for _ in range(50):
            with locks.held_and_removed(path, lambda: None):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0005)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 200
    assert not path.exists()


@pytest.mark.parametrize("lacking", [None, SimpleNamespace(LOCK_EX=2, LOCK_NB=4)])
def test_without_locks_the_work_goes_on(lacking: SimpleNamespace | None, tmp_path: Path, monkeypatch) -> None:
    """On a system without them, and on a file system."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    if lacking is not None:
        lacking.flock = refuse
    monkeypatch.setattr(locks, "_fcntl", lacking)
    monkeypatch.setattr(locks, "_msvcrt", None)
    with locks.held(tmp_path / "lock"), contextlib.nullcontext():
        assert not locks.is_held(tmp_path / "lock")
