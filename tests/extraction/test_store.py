"""Shards of features: whole or not there, no picture twice, and no row that stands for another picture."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from headstart.extraction.store import Store

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


A, B, C, D, X, Y = map(_digest, "abcdxy")


def _kept(folder: Path) -> Store:
    store = Store(folder)
    store.add([A, B, C], ROWS)
    return store


def test_rows_come_back_by_content_in_any_order(tmp_path):
    _kept(tmp_path).add([D], ROWS[:1] + 100)
    store = Store(tmp_path)
    assert store.missing([D, X, A, X, Y]) == [X, Y]
    rows = store.gather([D, C, A, C], slice(1, 3))
    np.testing.assert_array_equal(rows, [[101, 102], [9, 10], [1, 2], [9, 10]])


def test_a_flipped_bit_anywhere_drops_the_shard(tmp_path, said):
    _kept(tmp_path)
    (shard,) = tmp_path.glob("*.shard")
    whole = shard.read_bytes()
    for place in range(len(whole)):
        for bit in (0, 5):
            shard.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            assert Store(tmp_path).missing([A, B, C]) == [A, B, C]
            assert not shard.exists()
    assert len(said) == 2 * len(whole)


@pytest.mark.parametrize("kept", [0, 1, 31, 32, 33, 100, 175, 207, -1])
def test_a_shard_cut_short_is_dropped(kept, tmp_path):
    _kept(tmp_path)
    (shard,) = tmp_path.glob("*.shard")
    shard.write_bytes(shard.read_bytes()[:kept])
    assert Store(tmp_path).missing([A, B]) == [A, B]
    assert not shard.exists()


def test_more_digests_than_rows_are_no_shard(tmp_path):
    """Also where the checksum holds."""
    _kept(tmp_path)
    (shard,) = tmp_path.glob("*.shard")
    longer = shard.read_bytes()[:-32] + bytes.fromhex(D)
    shard.write_bytes(longer + hashlib.sha256(longer).digest())
    assert Store(tmp_path).missing([A]) == [A]


def test_a_shard_that_may_not_be_read_stays_and_is_done_without(tmp_path, said, monkeypatch):
    _kept(tmp_path)
    (shard,) = tmp_path.glob("*.shard")
    opened = Path.open

    def refuse(path, *args, **kwargs):
        if path == shard:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    assert Store(tmp_path).missing([A]) == [A]
    assert shard.exists()
    assert "cannot be read (Permission denied)" in said[0]


def test_a_cache_that_is_deleted_meanwhile_costs_nothing(tmp_path):
    folder = tmp_path / "cache"
    store = _kept(folder)
    shutil.rmtree(folder)
    store.add([D], ROWS[:1] + 100)
    np.testing.assert_array_equal(store.gather([A, D], slice(0, 1)), [[0], [100]])


def test_a_read_only_store_is_read_and_new_rows_live_in_memory(tmp_path, monkeypatch):
    _kept(tmp_path)

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    store = Store(tmp_path)
    store.add([D], ROWS[:1] + 100)
    np.testing.assert_array_equal(store.gather([A, D], slice(0, 1)), [[0], [100]])
    assert Store(tmp_path).missing([A, D]) == [D]


def test_half_precision_takes_half_the_disk_and_is_the_same_the_first_time(tmp_path):
    rows = np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32)
    names = [_digest(str(i)) for i in range(64)]
    sizes, found = {}, {}
    for kept in ("fp32", "fp16"):
        store = Store(tmp_path / kept, kept)
        store.add(names, rows)
        found[kept] = store.gather(names, slice(0, 32))
        np.testing.assert_array_equal(Store(tmp_path / kept, kept).gather(names, slice(0, 32)), found[kept])
        sizes[kept] = (
            next((tmp_path / kept).glob("*.shard")).stat().st_size - 128 - 65 * 32
        )  # the header, digests
    assert sizes["fp16"] * 2 == sizes["fp32"]
    np.testing.assert_array_equal(found["fp32"], rows)
    assert found["fp16"].dtype == np.float32
    np.testing.assert_allclose(found["fp16"], rows, rtol=2**-11, atol=1e-7)
    assert not np.array_equal(found["fp16"], rows)


def test_what_half_precision_cannot_hold_becomes_the_largest_that_it_can(tmp_path):
    store = Store(tmp_path, "fp16")
    store.add([A], np.array([[1.0, 70_000.0]], np.float32))
    np.testing.assert_array_equal(store.gather([A], slice(0, 2)), [[1.0, 65_504.0]])


def test_rows_that_are_not_kept_are_rounded_like_those_that_are(tmp_path):
    rows = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    found = []
    for folder in (None, tmp_path):
        store = Store(folder, "fp16")
        store.add([A, B, C, D], rows)
        found.append(store.gather([A, B, C, D], slice(0, 3)))
    np.testing.assert_array_equal(*found)
