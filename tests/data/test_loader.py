"""Batches come in order and whole; arguments mean the pictures one expects."""

from __future__ import annotations

import itertools
import os
import threading
import time

import numpy as np
import pytest

from headstart import data
from headstart.data.decode import decode, read_bytes
from headstart.data.threads import ordered
from headstart.errors import DataError, PictureError

PREPARE = data.Preprocess(6, 7, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("batch_size", [1, 4, 10, 64])
def test_frames_come_in_order(tree, workers, batch_size):
    paths = sorted(str(p) for p in tree({"a": 10}).rglob("*.png"))[::-1]
    batches = list(data.frames(paths, PREPARE, batch_size=batch_size, workers=workers))
    assert [i for places, _ in batches for i in range(len(paths))[places]] == list(range(10))
    assert all(len(batch) == places.stop - places.start for places, batch in batches)
    expected = np.stack([PREPARE.frame(decode(read_bytes(path))) for path in paths])
    np.testing.assert_array_equal(np.concatenate([batch for _, batch in batches]), expected)


def test_frames_of_nothing_and_of_a_bad_picture(tree):
    assert list(data.frames([], PREPARE)) == []
    root = tree({"a": 3})
    (root / "a" / "001.png").write_text("no")
    paths = sorted(str(p) for p in root.rglob("*.png"))
    with pytest.raises(PictureError, match=r"001\.png: not a picture"):
        list(data.frames(paths, PREPARE))
    with pytest.raises(DataError, match="batch size"):
        next(data.frames(paths, PREPARE, batch_size=0))


def test_only_so_many_items_are_under_way_and_the_rest_is_cancelled():
    done, before = [], set(threading.enumerate())  # others' threads may end when they like
    results = ordered(lambda i: done.append(i) or i, range(1000), workers=2, chunk=2, ahead=8)
    assert list(itertools.islice(results, 3)) == [0, 1, 2]
    time.sleep(0.05)
    assert len(done) <= 16
    results.close()
    assert not [t for t in set(threading.enumerate()) - before if t.name.startswith("headstart-data")]


def meant(*arguments):
    """What all of the arguments mean."""
    paths, bad = data.pictures(arguments)
    assert bad == ()
    return paths


def test_arguments_mean_pictures(tree, monkeypatch):
    root = tree({"a": 2, "b/deep": 1})
    (root / "a" / "note.txt").write_text("x")
    (root / "a" / ".hidden.png").write_text("x")
    os.rename(root / "b" / "deep" / "000.png", root / "b" / "deep" / "nameless")
    monkeypatch.chdir(root)
    everything = ("a/000.png", "a/001.png", "b/deep/nameless")
    assert meant("a", "b") == everything
    assert meant("*") == everything
    assert meant("a/*.png") == everything[:2]
    assert meant("**/*") == everything
    assert meant("a/note.txt") == ("a/note.txt",)


def test_pictures_stand_in_the_order_and_as_often_as_they_are_named(tree, monkeypatch):
    monkeypatch.chdir(tree({"a": 2, "b/deep": 1}))
    assert meant("b", "a/001.png", "a", "a/001.png") == (
        "b/deep/000.png",
        "a/001.png",
        "a/000.png",
        "a/001.png",
        "a/001.png",
    )


def test_names_with_glob_signs_are_taken_literally(tree, monkeypatch):
    root = tree({"a": 1})
    os.rename(root / "a" / "000.png", root / "a" / "x[1].png")
    monkeypatch.chdir(root)
    assert meant("a/x[1].png") == ("a/x[1].png",)


NOTHING = [
    ([], "no pictures named"),
    (["none.png"], "none.png: no such file"),
    (["*.gif", "none.png"], "other 1 argument"),
    (["empty"], "no pictures in it"),
]


@pytest.mark.parametrize(("arguments", "words"), NOTHING)
def test_arguments_that_mean_nothing(tmp_path, monkeypatch, arguments, words):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=words):
        data.pictures(arguments)


def test_arguments_that_mean_nothing_do_not_refuse_the_others(tree, monkeypatch):
    root = tree({"a": 1})
    (root / "empty").mkdir()
    monkeypatch.chdir(root)
    paths, bad = data.pictures(["none.png", "a", "*.gif", "empty"])
    assert paths == ("a/000.png",)
    assert [(one.path, one.reason) for one in bad] == [
        ("none.png", "no such file, folder or match"),
        ("*.gif", "no such file, folder or match"),
        ("empty", "no pictures in it"),
    ]
