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


def test_half_precision_takes_half_the_disk_and_is_the_same_the_first_time(tmp_path):
    rows = np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32)
    names = [str(i) for i in range(64)]
    sizes, found = {}, {}
    for kept in ("fp32", "fp16"):
        store = Store(tmp_path / kept, kept)
        store.add(names, rows)
        found[kept] = store.gather(names, slice(0, 32))
        np.testing.assert_array_equal(Store(tmp_path / kept, kept).gather(names, slice(0, 32)), found[kept])
        sizes[kept] = next((tmp_path / kept).glob("*.npy")).stat().st_size - 128  # the header
    assert sizes["fp16"] * 2 == sizes["fp32"]
    np.testing.assert_array_equal(found["fp32"], rows)
    assert found["fp16"].dtype == np.float32
    np.testing.assert_allclose(found["fp16"], rows, rtol=2**-11, atol=1e-7)
    assert not np.array_equal(found["fp16"], rows)


def test_what_half_precision_cannot_hold_becomes_the_largest_that_it_can(tmp_path):
    store = Store(tmp_path, "fp16")
    store.add(["a"], np.array([[1.0, 70_000.0]], np.float32))
    np.testing.assert_array_equal(store.gather(["a"], slice(0, 2)), [[1.0, 65_504.0]])


def test_rows_that_are_not_kept_are_rounded_like_those_that_are(tmp_path):
    rows = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    found = []
    for folder in (None, tmp_path):
        store = Store(folder, "fp16")
        store.add(list("abcd"), rows)
        found.append(store.gather(list("abcd"), slice(0, 3)))
    np.testing.assert_array_equal(*found)
