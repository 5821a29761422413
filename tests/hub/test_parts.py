"""The download by itself, by a stand-in on loopback: what has come of a file, and who else wants it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from headstart.backbone import download
from headstart.backbone.download import NotWhole, Wanted
from tests.hub.conftest import begun, kept

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
