"""Which classes are learnt is said at once; small ones are all named, and can be left out."""

from __future__ import annotations

import unicodedata

import pytest

from headstart import data
from headstart.errors import DataError


def refused(source, **options) -> str:
    with pytest.raises(DataError) as error:
        data.load(source, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_run_begins_with_the_classes(tree, said):
    data.load(tree(dict.fromkeys("abcdefg", 3)))
    assert said == ["7 classes: 'a', 'b', 'c', 'd', 'e' and 2 more; no splits given: a fifth is held out"]


def test_what_is_only_evaluated_holds_nothing_out(tree, said):
    data.load(tree({"a": 3, "b": 3}), training=False)
    assert said == ["2 classes: 'a', 'b'; no splits given"]


def test_every_class_that_is_too_small_is_named(tree):
    message = refused(tree({"a": 2, "b": 5, "c": 1, "d": 5, "e": 0}))
    assert "fewer than 3 usable pictures: 'a' (2), 'c' (1), 'e' (0);" in message
    assert "--min-per-class 3" in message
    assert "--without" in message


def test_what_is_too_small_cannot_be_left_out_where_nothing_would_remain(tree):
    assert "--" not in refused(tree({"a": 1, "b": 1}))


def test_small_classes_are_left_out_of_every_split(tree, said):
    counts = {"train/a": 5, "train/b": 5, "train/c": 2, "test/a": 2, "test/b": 2, "test/c": 9, "test/d": 2}
    read = data.load(tree(counts), min_per_class=3)
    assert read.dataset.classes == ("a", "b")
    assert len(read.dataset) == 14
    assert read.left_out == {"c": 2, "d": 0}
    note = "classes left out (fewer training pictures than --min-per-class 3): 'c' (2), 'd' (0)"
    assert note in read.notes
    assert note in said


def test_pictures_that_cannot_be_used_do_not_count(tree):
    root = tree({"a": 5, "b": 5, "c": 3})
    (root / "c" / "000.png").write_bytes(b"")
    assert data.load(root, min_per_class=3).left_out == {"c": 2}


def test_classes_are_left_out_by_name(tree, said):
    root = tree({"a": 4, "b": 4, "c": 4})
    (root / "c" / "torn.png").write_bytes(b"")
    read = data.load(root, without=["c"])
    assert read.dataset.classes == ("a", "b")
    assert (read.left_out, read.quarantine) == ({"c": 4 + 1}, ())
    assert "classes left out (--without): 'c' (5)" in said


def test_names_to_leave_out_are_compared_in_one_spelling(tree):
    composed, parts = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    root = tree({"a": 3, "b": 3, parts: 1})
    for name in composed, parts:
        assert data.load(root, without=[name]).left_out == {composed: 1}


def test_a_name_that_is_none_gets_the_nearest(tree):
    root = tree({"daisy": 3, "rose": 3})
    assert "no class 'dasy' to leave out" in refused(root, without=["dasy"])
    assert "did you mean 'daisy'?" in refused(root, without=["dasy"])
    assert "'daisy', 'rose'" in refused(root, without=["x"])


def test_no_class_left_and_one_class_left(tree):
    root = tree({"a": 3, "b": 3})
    assert "one class, 'b'" in refused(root, without=["a"])
    assert "no class would be left" in refused(root, without=["a", "b"])
    assert "no class would be left" in refused(root, min_per_class=9)


def test_classes_in_test_that_train_lacks_can_be_left_out(tree):
    root = tree({"train/a": 3, "train/b": 3, "test/a": 1, "test/c": 1})
    assert "test has 'c' that train lacks" in refused(root)
    assert data.load(root, without=["c"]).dataset.classes == ("a", "b")


def test_a_folder_one_level_too_high_is_told_by_name(tree):
    root = tree({"set/a": 3, "set/b": 3})
    message = refused(root)
    assert "one class, 'set'" in message
    assert f"'a', 'b' stand in it: name {root / 'set'} where these are the classes" in message
    assert data.load(root / "set").dataset.classes == ("a", "b")
    split = tree({"train/set/a": 3, "train/set/b": 3, "val/set/a": 3}, "parted")
    assert f"name {split / 'train' / 'set'} where" in refused(split)


def test_sets_side_by_side_are_told_of(tree):
    root = tree({"flowers/daisy": 3, "flowers/rose": 3, "pets/cat": 3, "pets/dog": 3})
    (note,) = data.load(root).notes
    assert note.startswith(
        "the classes 'flowers', 'pets' hold but folders, such as 'daisy', 'rose'; where those are"
    )
    assert not data.load(tree({"a": 3, "b/x": 3, "b/y": 3}, "nested")).notes


def test_folders_within_one_class_are_no_classes_where_pictures_stand_beside_them(tree):
    assert refused(tree({"a": 3, "a/b": 3, "a/c": 3})).endswith("expected at least 2; add another")
