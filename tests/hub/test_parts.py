"""The download by itself, by a stand-in on loopback: what has come of a file, and who else wants it."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from headstart import progress
from headstart.backbone import download
from headstart.backbone.download import NotWhole, Wanted
from tests.hub.conftest import begun, kept, until

CONTENT = bytes(range(256)) * 4_000  # 1 MB


def is_it(path: Path) -> bool:
    return path.read_bytes() == CONTENT


@pytest.fixture
def wanted(hub, tmp_path, monkeypatch) -> Wanted:
    hub.plain["it.bin"] = CONTENT
    monkeypatch.setattr(download, "_PAUSE", 0.01)
    return Wanted(f"{hub.endpoint}/files/it.bin", tmp_path / "here" / "it.bin", "it", "downloading it", is_it)


def left(wanted: Wanted, content: bytes, of: bytes = CONTENT) -> Path:
    """Puts what a download that was stopped has left."""
    wanted.place.parent.mkdir()
    part = wanted.place.with_name(f"it.bin.%22{hashlib.md5(of).hexdigest()}%22.incomplete")
    part.write_bytes(content)
    return part


def test_a_part_of_an_older_version_is_not_gone_on_with(hub, wanted):
    left(wanted, b"old" * 1000, of=b"another file")
    download.download(wanted)
    assert wanted.place.read_bytes() == CONTENT
    assert kept(wanted.place.parent) == [wanted.place]
    assert len(begun(hub)) == 1


def test_a_part_that_is_whole_takes_one_byte(hub, wanted):
    left(wanted, CONTENT)
    download.download(wanted)
    assert wanted.place.read_bytes() == CONTENT
    assert begun(hub) == [f"bytes={len(CONTENT) - 1}-"]


def test_a_part_that_is_damaged_is_left_and_the_file_comes_anew(hub, wanted):
    left(wanted, b"x" * 500_000)
    download.download(wanted)
    assert wanted.place.read_bytes() == CONTENT
    assert begun(hub) == ["bytes=499999-", None]


def test_a_part_that_is_too_long_is_left(hub, wanted):
    left(wanted, CONTENT + b"more")
    download.download(wanted)
    assert wanted.place.read_bytes() == CONTENT


def test_without_an_etag_nothing_is_gone_on_with(hub, wanted):
    """Nothing tells then of which version it is a part."""
    hub.fails("/files/", strange=True, cut=500_000)
    hub.fails("/files/", strange=True)
    download.download(wanted)
    assert wanted.place.read_bytes() == CONTENT
    assert begun(hub) == [None, None]
    assert kept(wanted.place.parent) == [wanted.place]


def test_where_the_hash_is_not_known_the_size_is_held(hub, wanted):
    hub.fails("/files/", cut=500_000)
    download.download(replace(wanted, is_right=lambda _: True))
    assert wanted.place.read_bytes() == CONTENT


def test_two_at_the_same_time_ask_once(hub, wanted):
    hub.fails("/files/", slow=0.05)
    threads = [threading.Thread(target=download.download, args=(wanted,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun(hub) == [None]
    assert wanted.place.read_bytes() == CONTENT


def test_what_came_is_another_file_and_nothing_stays(hub, wanted):
    hub.plain["it.bin"] = b"another" * 1000
    with pytest.raises(NotWhole, match="it"):
        download.download(wanted)
    assert not kept(wanted.place.parent)


def test_a_kill_of_the_power_leaves_no_half_under_the_files_name(hub, wanted, monkeypatch):
    done, fsync, put = [], os.fsync, os.replace

    def noted(handle: int) -> None:
        done.append(os.fstat(handle).st_ino)
        fsync(handle)

    def replaced(source: Path, target: Path) -> None:
        done.append("replaced")
        put(source, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "replace", replaced)
    download.download(wanted)
    assert done == [wanted.place.stat().st_ino, "replaced", wanted.place.parent.stat().st_ino]


@pytest.mark.parametrize("sign", ["/", "a"])
def test_an_etag_too_long_for_a_name_counts_as_none(hub, wanted, sign):
    """Quoted, "/" takes three signs, and a name has no more than 255 on most systems."""
    wanted = replace(wanted, place=wanted.place.with_name("0" * 64))
    hub.fails("/files/", tag=sign * 78, cut=500_000)
    hub.fails("/files/", tag=sign * 78)
    download.download(wanted)
    assert wanted.place.read_bytes() == CONTENT
    assert [begin is None for begin in begun(hub)] == [True, sign == "/"]
    assert kept(wanted.place.parent) == [wanted.place]


class Heard(progress.Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def started(wanted: Wanted, hub) -> threading.Thread:
    """A download under way."""
    thread = threading.Thread(target=download.download, args=(wanted,))
    thread.start()
    until(lambda: begun(hub))
    return thread


def test_who_waits_for_another_is_told_so_once_and_no_lock_lies_about(hub, wanted):
    hub.fails("/files/", slow=0.05)
    first = started(wanted, hub)
    with progress.shown(heard := Heard()):
        download.download(wanted)
        download.download(wanted)
    first.join()
    assert heard.lines == ["it: another process is downloading it; waiting for that"]
    assert begun(hub) == [None]
    assert list(wanted.place.parent.iterdir()) == [wanted.place]


def test_another_file_of_the_folder_is_not_waited_for(hub, wanted):
    hub.plain["other.bin"] = CONTENT
    hub.fails("/files/it.bin", slow=0.2)
    first = started(wanted, hub)
    other = wanted.place.with_name("other.bin")
    download.download(replace(wanted, url=f"{hub.endpoint}/files/other.bin", place=other))
    assert first.is_alive()
    first.join()
    assert wanted.place.read_bytes() == other.read_bytes() == CONTENT
