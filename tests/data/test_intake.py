"""Bad files are named and left out, copies share a group, and no copy is both trained on and reported."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from headstart import data, progress
from headstart.data.quality import examine_all, unify
from headstart.errors import DataError

REAL = Path.home() / ".cache" / "headstart-data"


def spoil(root: Path) -> dict[str, str]:
    """Puts one file of every bad kind into `root`; returns its name and a word of its reason."""
    whole = (root / "000.png").read_bytes()
    (root / "empty.png").touch()
    (root / "half.png").write_bytes(whole[: len(whole) // 2])
    (root / "text.jpg").write_text("hello")
    (root / "list.txt").write_text("hello")
    (root / "gone.png").symlink_to(root / "nothing")
    os.mkfifo(root / "pipe.png")
    return {
        "empty.png": "empty",
        "half.png": "truncated",
        "text.jpg": "not a picture",
        "list.txt": "not a picture",
        "gone.png": "link to nothing",
        "pipe.png": "regular",
    }


def test_bad_files_are_quarantined_with_their_reasons(tree, paint, tmp_path):
    root = tree({"cats": 4, "dogs": 4})
    expected = spoil(root / "cats")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._000.png"):
        (root / "cats" / name).write_text("x")
    paint(root / "stray.png")
    (root / "classes.tsv").write_text("x")
    shutil.move(root / "dogs" / "000.png", root / "dogs" / "really-a-png.jpg")
    read = data.load(root)
    assert read.dataset.counts().tolist() == [4, 4]
    found = {os.path.basename(bad.path): bad.reason for bad in read.quarantine}
    assert set(found) == {*expected, "stray.png"}
    assert all(word in found[name] for name, word in expected.items()), found
    said = "left out because they cannot be read as pictures: 7 (cats/empty.png: empty file; "
    assert len(read.notes) == 1
    assert read.notes[0].startswith(said)

    data.write_quarantine(tmp_path / "run" / "quarantine.csv", read.quarantine)
    with open(tmp_path / "run" / "quarantine.csv", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows == [["path", "reason"], *([bad.path, bad.reason] for bad in read.quarantine)]


def test_max_bad_stops_the_loading(tree):
    root = tree({"cats": 4, "dogs": 4})
    bad = len(spoil(root / "cats"))
    assert len(data.load(root, max_bad=bad).quarantine) == bad
    with pytest.raises(
        DataError, match=rf"{bad} files cannot be used, at most {bad - 1} expected.*empty.png"
    ):
        data.load(root, max_bad=bad - 1)


def test_where_every_file_is_bad_the_first_is_named(tree):
    root = tree({"cats": 0, "dogs": 0})
    (root / "cats" / "a.jpg").write_text("x")
    with pytest.raises(DataError, match=r"no pictures .*a\.jpg: not a picture"):
        data.load(root)


def test_unreadable_files_are_quarantined(tree, monkeypatch):
    root = tree({"cats": 4, "dogs": 3})
    real = open

    def guarded(path, *rest, **options):
        if str(path).endswith("cats/003.png"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **options)

    monkeypatch.setattr("builtins.open", guarded)
    (bad,) = data.load(root, workers=1).quarantine
    assert "Permission denied" in bad.reason


def test_copies_by_file_and_by_pixels_share_a_group(tree):
    root = tree({"cats": 4, "dogs": 4})
    shutil.copy(root / "cats" / "000.png", root / "cats" / "copy.png")
    Image.open(root / "cats" / "000.png").save(root / "cats" / "same-pixels.bmp")
    shutil.copy(root / "cats" / "001.png", root / "dogs" / "torn.png")
    read = data.load(root)
    group = {
        os.path.relpath(p, root): g for p, g in zip(read.dataset.paths, read.dataset.groups, strict=True)
    }
    assert group["cats/000.png"] == group["cats/copy.png"] == group["cats/same-pixels.bmp"]
    assert group["cats/001.png"] == group["dogs/torn.png"]
    assert len(set(group.values())) == 8
    assert read.notes == (
        "exact copies of another picture, kept in its group: 3 (cats/copy.png and cats/000.png; "
        "cats/same-pixels.bmp and cats/000.png; …)",
        "pictures that stand in more than one class: 1 (dogs/torn.png and cats/001.png)",
    )


def test_a_copy_never_is_both_trained_on_and_reported(tree, monkeypatch):
    said = []
    monkeypatch.setattr(progress, "say", said.append)
    root = tree({f"{split}/{name}": 4 for split in ("train", "val", "test") for name in "ab"})
    shutil.copy(root / "test" / "a" / "000.png", root / "train" / "a" / "copy.png")
    shutil.copy(root / "test" / "a" / "000.png", root / "val" / "b" / "copy.png")
    shutil.copy(root / "val" / "a" / "001.png", root / "train" / "b" / "copy.png")
    shutil.copy(root / "train" / "a" / "000.png", root / "train" / "a" / "twin.png")
    read = data.load(root)
    assert any(note.startswith("left out because a copy stands in a later split: 3 (") for note in read.notes)
    assert list(read.notes) == said[1:]
    assert sorted(read.dataset.splits) == ["test"] * 8 + ["train"] * 9 + ["val"] * 8
    digests = np.array(read.dataset.digests)
    part = data.partition(read.dataset, seed=0)
    assert not set(digests[part.train]) & set(digests[part.report])
    assert len(data.load(root, training=False).dataset) == 28


def test_group_regex_joins_what_its_parentheses_match(tree, paint):
    root = tree({"a": 0, "b": 0})
    for name in ("a/1_x_0", "a/1_x_1", "a/2_x_0", "b/1_x_0", "b/lonely", "b/alone"):
        paint(root / f"{name}.png")

    def partners(pattern: str) -> dict[str, int]:
        read = data.load(root, group_regex=pattern).dataset
        return {os.path.relpath(p, root)[:-4]: g for p, g in zip(read.paths, read.groups, strict=True)}

    by_class = partners(r"([^/]+/[^_/]+)_")
    assert by_class["a/1_x_0"] == by_class["a/1_x_1"]
    assert len(set(by_class.values())) == 5
    across = partners(r"/(\d+)_(x)_")
    assert across["a/1_x_0"] == across["a/1_x_1"] == across["b/1_x_0"]
    assert len(set(across.values())) == 4


@pytest.mark.parametrize(
    ("pattern", "words"), [("(", "not a regular expression"), ("a", "no parentheses"), ("(zzz)", "none of 6")]
)
def test_group_regexes_that_cannot_be_meant(tree, pattern, words):
    with pytest.raises(DataError, match=words):
        data.load(tree({"a": 3, "b": 3}), group_regex=pattern)


def test_a_group_column_and_a_regex_together_are_refused(tree):
    root = tree({"x": 1})
    (root / "t.csv").write_text("path,label,group\nx/000.png,a,g\n")
    with pytest.raises(DataError, match="one of the two"):
        data.load(root / "t.csv", group_regex="(x)")


@settings(max_examples=100, deadline=None)
@given(
    views=st.integers(1, 15).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 6), min_size=n, max_size=n), min_size=1, max_size=3)
    )
)
def test_unify_is_the_finest_grouping_that_every_view_agrees_with(views):
    groups = unify(*views)
    n = len(groups)
    linked = np.eye(n, dtype=bool)
    for view in views:
        linked |= np.equal.outer(view, view)
    for _ in range(n):
        linked = linked @ linked
    np.testing.assert_array_equal(np.equal.outer(groups, groups), linked)
    assert list(dict.fromkeys(groups.tolist())) == list(range(groups.max() + 1))


def test_the_fingerprint_knows_content_not_places(tree, tmp_path):
    root = tree({"cats": 3, "dogs": 3})
    first = data.load(root).dataset.fingerprint
    shutil.move(root / "cats" / "000.png", root / "cats" / "zzz.png")
    assert data.load(shutil.move(root, tmp_path / "moved")).dataset.fingerprint == first
    shutil.move(tmp_path / "moved" / "cats" / "001.png", tmp_path / "moved" / "dogs" / "cat.png")
    assert data.load(tmp_path / "moved", training=False).dataset.fingerprint != first


def test_any_number_of_workers_gives_the_same(tree):
    paths = [*data.load(tree({"cats": 30, "dogs": 30})).dataset.paths, "nothing"]
    assert examine_all(paths, workers=1) == examine_all(paths, workers=7)


def test_reading_pictures_needs_no_network_library():
    code = "import sys, headstart.data; sys.exit(any(m in sys.modules for m in ('torch', 'timm', 'pyarrow')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not (REAL / "brain-mri").is_dir(), reason="needs the brain-mri pictures")
def test_brain_mri_has_25_exact_copies_and_18_near_twins():
    read = data.load(REAL / "brain-mri")
    assert (len(read.dataset), len(set(read.dataset.groups.tolist()))) == (253, 210)
    part = data.partition(read.dataset, seed=0)
    digests = np.array(read.dataset.digests)
    assert not set(digests[part.train]) & set(digests[part.report])
