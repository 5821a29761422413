"""What is written stands whole, whatever moment a kill comes at; what a kill leaves behind is in nobody's way."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headstart import files
from headstart.errors import OutputError

OLD, NEW = {"a.txt": "old", "b.txt": "old"}, {"a.txt": "new", "c.txt": "new"}
# What changes a folder, and what reads the disk: a kill just before each of these is tried.
EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "shutil.rmtree")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are tried in forked processes")


def _write(folder: Path, content: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(text)


def _content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def _killed_at(moment: int, work: Callable[[], None]) -> bool:
    """Whether `work`, in a process of its own, came to its `moment`-th event, where it was killed."""
    child = os.fork()
    if not child:
        left = moment

        def hook(event: str, _: object) -> None:
            nonlocal left
            if event in EVENTS:
                left -= 1
                if not left:
                    os._exit(9)

        sys.addaudithook(hook)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def _replace(target: Path, content: dict[str, str]) -> None:
    with files.replacing(target) as temporary:
        _write(temporary, content)


@pytest.mark.parametrize("exchange", [True, False])
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new(exchange, tmp_path, monkeypatch):
    if not exchange:
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    moment, found = 1, []
    while True:
        target = tmp_path / str(moment) / "bundle"
        target.parent.mkdir()
        _write(target, OLD)
        killed = _killed_at(moment, lambda target=target: _replace(target, NEW))
        files.recover(target)
        found.append(_content(target))
        assert found[-1] in (OLD, NEW)
        _replace(target, NEW)
        assert _content(target) == NEW
        if not killed:
            break
        moment += 1
    assert moment > 10
    assert found.count(OLD) > 5
    assert found[-1] == NEW


def test_where_the_system_can_neither_is_ever_missing(tmp_path):
    """In one step: also for who looks in that very moment."""
    old, new = tmp_path / "old", tmp_path / "new"
    _write(old, OLD)
    _write(new, NEW)
    if not files._exchange(old, new):
        pytest.skip("this system cannot exchange two folders")
    assert (_content(old), _content(new)) == (NEW, OLD)


def _begin_anew(run: Path) -> None:
    files.claim_folder(run, force=True)
    files.write_json(run / "env.json", {"command": "headstart train new"})
    files.write_text(run / "plan.toml", "case = 1")


def test_a_kill_at_any_moment_leaves_a_folder_that_a_run_may_take(tmp_path):
    moment = 1
    while True:
        run = tmp_path / str(moment) / "run"
        run.mkdir(parents=True)
        files.write_json(run / "env.json", {"command": "headstart train old"})
        files.write_text(run / "checkpoint", "old")
        killed = _killed_at(moment, lambda run=run: _begin_anew(run))
        files.check_free(run, force=True)
        files.claim_folder(run, force=True)
        assert not list(run.iterdir())
        if not killed:
            break
        moment += 1
    assert moment > 10


def test_own_temporaries_count_as_nothing_and_are_swept(tmp_path):
    folder = tmp_path / "run"
    left = folder / f"{files._OWN}env.json.abcdefgh"
    left.mkdir(parents=True)
    assert files.is_free(folder)
    files.sweep(folder)
    assert left.exists(), "it may be of a run that goes on"
    long_ago = time.time() - 2 * files._STALE
    os.utime(left, (long_ago, long_ago))
    files.sweep(folder)
    assert not left.exists()


def test_the_only_state_of_a_folder_is_never_swept(tmp_path):
    holder = tmp_path / f"{files._OWN}bundle.abcdefgh"
    holder.mkdir()
    _write(holder / files._FORMER, OLD)
    files.sweep(tmp_path, stale=0)
    files.recover(tmp_path / "bundle")
    assert _content(tmp_path / "bundle") == OLD
    assert not holder.exists()


@pytest.mark.parametrize("name", [".env", ".headstart-notes", ".headstart-run.abcdefgh"])
def test_strangers_files_are_never_taken_for_temporaries(name, tmp_path):
    """Also where they are called as ours are."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("mine")
    assert not files.is_free(tmp_path)
    files.sweep(tmp_path, stale=0)
    assert (tmp_path / name / "thesis.txt").exists()


def test_one_folder_never_gets_the_state_of_another_whose_name_begins_alike(tmp_path):
    holder = tmp_path / f"{files._OWN}run.v2.abcdefgh"
    holder.mkdir()
    _write(holder / files._FORMER, OLD)
    files.recover(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    files.recover(tmp_path / "run.v2")
    assert _content(tmp_path / "run.v2") == OLD


def test_who_looks_while_a_folder_is_replaced_takes_nothing_away(tmp_path, monkeypatch):
    """Where the system cannot exchange two folders there is a moment without either."""
    target = tmp_path / "bundle"
    _write(target, OLD)
    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    renamed = Path.rename

    def rename(path: Path, other: Path) -> Path:
        done = renamed(path, other)
        files.recover(target)
        return done

    monkeypatch.setattr(Path, "rename", rename)
    _replace(target, NEW)
    assert _content(target) == NEW


def test_an_empty_folder_stays_the_one_that_it_is(tmp_path, monkeypatch):
    """A link to another disk, the working folder, a folder in one that may not be written."""
    disk, link = tmp_path / "disk", tmp_path / "link"
    disk.mkdir()
    link.symlink_to(disk)
    files.claim_folder(link, force=False)
    assert link.is_symlink()
    monkeypatch.chdir(disk)
    number = disk.stat().st_ino
    files.claim_folder(disk, force=False)
    files.write_json(disk / files.RUN, {})
    files.claim_folder(disk, force=True)
    assert disk.stat().st_ino == number
    assert not list(disk.iterdir())


def test_a_run_behind_a_link_is_cleared_where_it_lies(tmp_path):
    disk, link = tmp_path / "disk", tmp_path / "link"
    disk.mkdir()
    link.symlink_to(disk)
    files.write_json(link / files.RUN, {})
    files.claim_folder(link, force=True)
    assert link.is_symlink()
    assert not list(disk.iterdir())


def test_a_run_in_a_folder_that_may_not_be_written_is_cleared(tmp_path, monkeypatch):
    run = tmp_path / "run"
    files.write_json(run / files.RUN, {})

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(files.tempfile, "mkdtemp", refuse)
    files.claim_folder(run, force=True)
    assert not list(run.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.ENOENT, errno.EIO, errno.EFBIG])
def test_every_refusal_to_write_is_one_line_that_names_the_place(number, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError) as caught:
        files.write_text(tmp_path / "plan.toml", "case = 1")
    assert str(caught.value).startswith(f"{tmp_path / 'plan.toml'}: ")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_an_error_of_another_file_is_not_blamed_on_the_target(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), files.replacing(tmp_path / "x" / "target"):
        (tmp_path / "elsewhere").read_bytes()


def test_a_name_that_is_not_utf8_is_written_so_that_json_reads_it_again(tmp_path):
    import json

    files.write_json(tmp_path / "names.json", {"path": "caf\udce9.jpg"})
    assert json.loads((tmp_path / "names.json").read_text(encoding="utf-8")) == {"path": "caf\udce9.jpg"}


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_is_no_place_for_a_file(tmp_path, force):
    with pytest.raises(OutputError, match="is a folder; name a file"):
        files.check_absent(tmp_path, force=force)


def test_what_is_there_is_in_the_way_unless_it_may_be_replaced(tmp_path):
    file, empty = tmp_path / "file", tmp_path / "empty"
    file.write_text("mine")
    empty.mkdir()
    for place, folder in ((file, False), (tmp_path, True)):
        with pytest.raises(OutputError, match="already there; name another place, or add --force"):
            files.check_absent(place, force=False, folder=folder)
        files.check_absent(place, force=True, folder=folder)
    files.check_absent(empty, force=False, folder=True)
    files.check_absent(tmp_path / "free", force=False)
