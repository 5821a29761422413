"""Signals: the first ends the work in order with one line and its exit code, a second one at once."""

from __future__ import annotations

import random
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headstart import stopping
from headstart.cli import backbones
from headstart.cli.main import main
from headstart.job import train
from headstart.job.facts import Facts

INT, TERM = signal.SIGINT, signal.SIGTERM
BIT = 1 << (TERM - 1)

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc who is listening")


def begun(*command: str) -> subprocess.Popen[str]:
    """A process that runs `command`; it is back when SIGTERM is listened to, or the process is over."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(INT, signal.SIG_DFL),  # a job in the background would ignore it
    )
    status, late = Path(f"/proc/{process.pid}/status"), time.monotonic() + 10
    while process.poll() is None:
        if time.monotonic() > late:
            process.kill()
            pytest.fail(f"listens to no signals: {command}")
        caught = re.search(r"SigCgt:\s*(\w+)", status.read_text(encoding="utf-8"))
        if caught and int(caught[1], 16) & BIT:
            break
        time.sleep(0.002)
    return process


def struck(command: tuple[str, ...], moment: float, number: signal.Signals) -> tuple[bool, int, str]:
    """(whether it was still at work, exit code, stderr) of a command that gets the signal after `moment` seconds."""
    process = begun("-m", "headstart", *command)
    time.sleep(moment)
    at_work = process.poll() is None
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    return at_work, process.returncode, err


def moments(seed: int, longest: float, count: int = 12) -> list[tuple[float, signal.Signals]]:
    chance = random.Random(seed)
    return [(chance.uniform(0, longest), chance.choice((INT, TERM))) for _ in range(count)]


@needs_proc
@pytest.mark.parametrize("job", ["imports and decoding", "training", "predict"])
def test_a_signal_at_any_moment_is_one_line_and_its_code(
    job: str, shapes: Path, backbone: Path, trained: Path, tmp_path: Path
) -> None:
    learning = ("train", str(shapes), "--backbone", str(backbone), "--case", "3", "--epochs", "9999")
    command, longest, count = {  # none of them would end by itself so soon
        "imports and decoding": (learning, 0.5, 12),
        "training": (learning, 4.0, 8),
        "predict": (("predict", str(trained / "bundle"), *[str(shapes)] * 4000), 1.2, 12),
    }[job]

    def one(place: int, moment: float, number: signal.Signals) -> tuple[bool, int, str, signal.Signals]:
        where = () if job == "predict" else ("-o", str(tmp_path / f"run{place}"))
        return (*struck((*command, *where, "--quiet"), moment, number), number)

    with ThreadPoolExecutor(4) as pool:
        drawn = [pool.submit(one, place, *when) for place, when in enumerate(moments(7, longest, count))]
        results = [future.result() for future in drawn]
    for at_work, code, err, number in results:
        assert at_work
        word = "interrupted" if number == INT else "stopped by SIGTERM"
        assert (code, err.count("\n")) == (128 + number, 1), err
        assert err.startswith(f"headstart: {word}; ")
        resumable = re.match(r"headstart: [^;]+; (\S+) keeps what is done", err)
        assert ("--resume" in err) == bool(resumable)
        if resumable:
            assert (Path(resumable[1]) / "env.json").is_file()


STEPS = """
import sys, time
from headstart import stopping
from headstart.cli import backbones, main
def run(args, session):
    with stopping.in_order():
        print("begun", flush=True)
        for step in range(1000):
            end = time.monotonic() + {seconds}
            while time.monotonic() < end:
                time.sleep(0.01)
            print("step", step, flush=True)
            stopping.check()
backbones.run = run
sys.exit(main.main(["backbones"]))
"""


@needs_proc
@pytest.mark.parametrize("number", [INT, TERM])
def test_the_step_at_hand_is_finished(number: signal.Signals) -> None:
    process = begun("-c", STEPS.format(seconds=0.5))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    for _ in range(2):  # as `timeout` does, which counts as one wish
        process.send_signal(number)
        time.sleep(0.01)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (128 + number, "step 0\n")
    assert err.count("\n") == 1


@needs_proc
@pytest.mark.parametrize("number", [INT, TERM])
def test_a_second_signal_leaves_at_once(number: signal.Signals) -> None:
    process = begun("-c", STEPS.format(seconds=60))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    time.sleep(0.4)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (128 + number, "", "headstart: left at once\n")


NATIVE = """
import hashlib, sys
from headstart.cli import backbones, main
def run(args, session):
    print("begun", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
backbones.run = run
sys.exit(main.main(["backbones"]))
"""


@needs_proc
def test_a_second_signal_leaves_native_code_that_does_not_come_back() -> None:
    process = begun("-c", NATIVE)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.4)
    process.send_signal(INT)
    time.sleep(0.4)
    process.send_signal(TERM)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (143, "headstart: left at once\n")


LATE = """
import atexit, signal, sys
from headstart.cli import backbones, main
backbones.run = lambda args, session: 0
atexit.register(signal.raise_signal, signal.SIGINT)
sys.argv[1:] = ["backbones"]
sys.exit(main.main())
"""


def test_a_signal_after_the_work_is_done_changes_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_was_ignored_stays_ignored(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a shell has it for its jobs in the background."""
    former = signal.signal(INT, signal.SIG_IGN)
    try:
        monkeypatch.setattr(backbones, "run", lambda args, session: signal.raise_signal(INT) or 0)
        assert headstart("backbones").code == 0
    finally:
        signal.signal(INT, former)


def doing(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Makes the verb `backbones` do `work`."""
    monkeypatch.setattr(backbones, "run", lambda args, session: (work(), 0)[1])


def test_former_handlers_are_back_when_main_returns(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (INT, TERM, signal.SIGALRM)}
    seen: list[object] = []
    doing(monkeypatch, lambda: seen.append(signal.getsignal(TERM)))
    headstart("backbones")
    assert seen != [before[TERM]]
    doing(monkeypatch, lambda: signal.raise_signal(INT))
    assert headstart("backbones").code == 130
    assert {number: signal.getsignal(number) for number in before} == before
    assert signal.set_wakeup_fd(-1) == -1
    assert not [thread for thread in threading.enumerate() if thread.name == "headstart-signals"]
    assert stopping.asked() is None


def test_an_error_that_the_wish_to_stop_became_is_no_error(
    headstart, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported() -> None:
        try:
            signal.raise_signal(INT)
        except KeyboardInterrupt as error:
            raise ImportError("a library's import failed") from error

    doing(monkeypatch, imported)
    answer = headstart("backbones")
    assert (answer.code, answer.err) == (130, "headstart: interrupted; the same command begins anew\n")


def test_a_wish_that_is_swallowed_is_said_again(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be raised out of __del__, or of a callback of native code."""

    class Dying:
        def __del__(self) -> None:
            signal.raise_signal(INT)

    def work() -> None:
        Dying()
        time.sleep(20)

    doing(monkeypatch, work)
    begun = time.monotonic()
    answer = headstart("backbones")
    assert (answer.code, answer.err.count("\n")) == (130, 1)
    assert time.monotonic() - begun < 10


def test_other_errors_that_cannot_be_raised_reach_who_listened_before(
    headstart, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying:
        def __del__(self) -> None:
            raise ValueError

    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: heard.append(unraisable.exc_type))
    doing(monkeypatch, Dying)
    assert headstart("backbones").code == 0
    assert heard == [ValueError]


def test_a_wish_that_nobody_heard_is_no_success(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    def work() -> None:
        with stopping.in_order():
            signal.raise_signal(INT)

    doing(monkeypatch, work)
    assert headstart("backbones").code == 130


def test_a_thread_that_hears_no_signals_runs_a_command_all_the_same() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join()
    assert codes == [0]


def test_resume_is_advised_where_it_goes_on_and_only_there(
    headstart, shapes: Path, backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(INT)

    folder = tmp_path / "a run"
    command = ("train", shapes, "--backbone", backbone, "--case", "1", "-o", folder, "--quiet", "--force")
    with monkeypatch.context() as patch:
        patch.setattr(Facts, "now", interrupted)
        early = headstart(*command)
        assert (early.code, folder.exists()) == (130, False)
        assert "--resume" not in early.err
        assert "the same command begins anew" in early.err
    with monkeypatch.context() as patch:
        patch.setattr(train, "_prove", interrupted)
        late = headstart(*command)
        assert late.code == 130
    advised = shlex.split(late.err.partition("go on with: ")[2])
    assert advised[:3] == ["headstart", "train", "--resume"]
    assert "--force" not in advised
    again = headstart(*advised[1:])
    assert again.code == 0, again.err
    assert (folder / "bundle" / "headstart.json").is_file()
