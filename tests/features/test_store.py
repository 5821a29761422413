"""Shards of features: whole or not there, and no picture twice."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from headstart.features.store import Store

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


def _kept(folder: Path) -> Store:
    store = Store(folder)
    store.add(["a", "b", "c"], ROWS)
    return store


def test_rows_come_back_by_content_in_any_order(tmp_path):
    _kept(tmp_path).add(["d"], ROWS[:1] + 100)
    store = Store(tmp_path)
    assert store.missing(["d", "x", "a", "x", "y"]) == ["x", "y"]
    rows = store.gather(["d", "c", "a", "c"], slice(1, 3))
    np.testing.assert_array_equal(rows, [[101, 102], [9, 10], [1, 2], [9, 10]])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a\nb\nc", b"a\nb\nc\n" + b"0" * 64])
def test_a_damaged_list_of_pictures_is_dropped(content, tmp_path):
    _kept(tmp_path)
    (listing,) = tmp_path.glob("*.digests")
    listing.write_bytes(content)
    assert Store(tmp_path).missing(["a", "b"]) == ["a", "b"]
    assert not listing.exists()


def test_a_shard_without_its_rows_is_dropped(tmp_path):
    _kept(tmp_path)
    (data,) = tmp_path.glob("*.npy")
    data.unlink()
    assert Store(tmp_path).missing(["a"]) == ["a"]


def test_a_read_only_store_is_read_and_new_rows_live_in_memory(tmp_path, monkeypatch):
    _kept(tmp_path)

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    store = Store(tmp_path)
    store.add(["d"], ROWS[:1] + 100)
    np.testing.assert_array_equal(store.gather(["a", "d"], slice(0, 1)), [[0], [100]])
    assert Store(tmp_path).missing(["a", "d"]) == ["d"]
