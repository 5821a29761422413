"""Folders of splits are told from folders of classes, and what is left aside is said with its number of pictures."""

from __future__ import annotations

import os
import unicodedata

import pytest

from headstart import data
from headstart.data import listing
from headstart.errors import DataError


def refused(source) -> str:
    with pytest.raises(DataError) as error:
        data.load(source)
    assert "\n" not in str(error.value)
    return str(error.value)


def both(first: str, second: str) -> dict[str, int]:
    return {f"{split}/{name}": 3 for split in (first, second) for name in ("ant", "bee")}


@pytest.mark.parametrize(
    ("train", "other", "split"),
    [
        ("Training", "Testing", "test"),
        ("training_set", "test_set", "test"),
        ("trainset", "valset", "val"),
        ("TRAIN", "TestImages", "test"),
        ("train2017", "val2017", "val"),
        ("seg_train", "seg_test", "test"),
        ("chest-xray-train", "chest-xray-validation", "val"),
        ("train", "dev", "val"),
        ("train", "eval", "test"),
        ("training", "evaluation", "test"),
        ("train/train", "test/test", "test"),
        ("training_set/training_set", "test_set/test_set", "test"),
    ],
)
def test_split_folders_by_any_of_their_names(tree, said, train, other, split):
    read = data.load(tree(both(train, other))).dataset
    assert read.classes == ("ant", "bee")
    assert sorted(read.splits) == sorted(["train"] * 6 + [split] * 6)
    names = (train.partition("/")[0], "train"), (other.partition("/")[0], split)
    told = " and ".join(repr(name) if name == meant else f"{name!r} ({meant})" for name, meant in names)
    assert said[0] == f"2 classes: 'ant', 'bee'; splits from the folders {told}"


def test_eval_is_what_is_not_there_beside_it():
    assert listing.settled({"train": "train", "test": "test", "eval": "eval"})["eval"] == "val"
    assert listing.settled({"train": "train", "dev": "val", "eval": "eval"})["eval"] == "test"


@pytest.mark.parametrize(
    "name",
    ["steam train", "test tube", "invalid", "retrain", "trains", "devil", "cat", "火车train", "развитие dev"],
)
def test_no_split_by_its_name_alone(name):
    assert listing.split_word(name) == ""


@pytest.mark.parametrize("root", ["steam train", "unlabeled"])
def test_a_class_may_hold_such_a_word(tree, root):
    assert data.load(tree({root: 3, "car": 3})).dataset.classes == ("car", root)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (both("part1", "part2"), ["'part1', 'part2' hold the same folders", "'ant', 'bee'", "name them so"]),
        (both("photos", "sketches"), ["'photos', 'sketches'", "a table path,label"]),
        (
            {f"{name}/{split}": 3 for name in ("ant", "bee") for split in ("train", "test")},
            ["stand in each of 'ant', 'bee'", "turn the two levels round"],
        ),
        (both("train", "test") | both("training", "holdback"), ["'holdback' beside"]),
        (both("train", "training"), ["'train', 'training' name one split twice"]),
    ],
)
def test_folders_that_leave_open_what_the_classes_are(tree, counts, words):
    message = refused(tree(counts))
    assert all(word in message for word in words), message


def test_classes_may_share_some_folders_inside(tree):
    read = data.load(tree({"cat/indoor": 2, "cat/outdoor": 2, "dog/indoor": 4, "bird": 3})).dataset
    assert read.counts().tolist() == [3, 4, 4]


def test_a_set_that_was_unpacked_into_a_folder_of_its_own(tree, said):
    root = tree({f"pets/{split}/{name}": 3 for split in ("train", "test") for name in "ab"})
    assert data.load(root).dataset.classes == ("a", "b")
    assert f"read from {root / 'pets'}, the only folder in {root}" in said


ASIDE = [
    ({"flowers/ant": 2, "flowers/bee": 3, "ant": 3, "bee": 3}, "flowers, which holds 'ant', 'bee' once more: 5"),
    (both("train", "test") | {"all/train/ant": 2}, "all, which holds 'train' once more: 2"),
    ({**both("train", "val"), "train/copy/ant": 1, "train/copy/bee": 1}, "copy, which holds 'ant', 'bee' once more: 2"),
    ({**both("train", "val"), "unlabeled": 4}, "unlabeled, unlabelled by its name: 4"),
    ({**both("train", "val"), "Unlabelled": 1}, "Unlabelled, unlabelled by its name: 1"),
    ({**both("seg_train", "seg_test"), "seg_pred": 7}, "seg_pred, unlabelled by its name: 7"),
    ({**both("seg_train", "seg_test"), "seg_pred/seg_pred": 7}, "seg_pred, unlabelled by its name: 7"),
    ({**both("train", "val"), "test": 4}, "test, which holds no class folders: 4"),
    ({**both("train", "val"), "test/test": 4}, "test, which holds no class folders: 4"),
    ({**both("train", "val"), "models": 0}, "models, which holds no pictures"),
]  # fmt: skip


@pytest.mark.parametrize(("counts", "note"), ASIDE, ids=[note for _, note in ASIDE])
def test_what_is_left_aside_is_said_with_its_number_of_pictures(tree, said, counts, note):
    read = data.load(tree(counts))
    assert read.dataset.classes == ("ant", "bee")
    (told,) = (line for line in read.notes if line.startswith("left aside: "))
    assert note in told
    assert told in said
    aside = int(note.rpartition(": ")[2]) if ": " in note else 0
    assert len(read.dataset) == sum(counts.values()) - aside


def test_an_unlabelled_test_folder_is_no_split(tree, said):
    data.load(tree({"train/a": 5, "train/b": 5, "test": 4}))
    assert said[0] == "2 classes: 'a', 'b'; no splits given but the folder 'train': a fifth is held out"


def test_a_test_split_may_lack_classes_of_train(tree):
    read = data.load(tree({"train/a": 3, "train/b": 3, "train/c": 3, "test/a": 2, "test/c": 2}))
    assert read.dataset.classes == ("a", "b", "c")
    assert read.notes == ("test lacks classes of train: accuracies there say nothing of 'b'",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,colour\n1,red\n", "it has no column file_name and no column label"),
        ("file_name,label\nelse/1.png,red\n", "no file that it names is there"),
    ],
)
@pytest.mark.parametrize("counts", [{"a": 3, "b": 3}, {"train/a": 3, "train/b": 3, "test/a": 1}])
def test_metadata_of_something_else_beside_good_folders(tree, text, why, counts):
    root = tree(counts)
    (root / "metadata.csv").write_text(text)
    read = data.load(root)
    assert read.dataset.classes == ("a", "b")
    note = f"{root / 'metadata.csv'} is no table of the pictures ({why}); the folders are read"
    assert note in read.notes


def test_pictures_that_the_metadata_do_not_list_are_counted(tree):
    root = tree({"a": 4, "b": 4})
    rows = [f"{name}/{i:03d}.png,{name}" for name in "ab" for i in range(3)]
    (root / "metadata.csv").write_text("file_name,label\n" + "\n".join(rows))
    read = data.load(root)
    assert len(read.dataset) == 6
    assert read.notes == ("pictures that metadata.csv does not list, left aside: 2",)


def test_class_names_are_compared_in_one_spelling(tree):
    composed, parts = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    read = data.load(tree({f"train/{parts}": 3, "train/b": 3, f"test/{composed}": 2, "test/b": 2}))
    assert read.dataset.classes == ("b", composed)
    assert read.dataset.counts().tolist() == [5, 5]


def test_folders_whose_names_differ_only_in_case(tree):
    read = data.load(tree({"Cat": 3, "cat": 3}))
    assert read.dataset.classes == ("Cat", "cat")
    assert read.notes == ("classes whose names differ only in case, taken for different ones: 'Cat', 'cat'",)


def test_links_that_loop_or_lead_nowhere_are_named(tree):
    root = tree({"a": 3, "b": 3})
    os.symlink("loop.png", root / "a" / "loop.png")
    os.symlink("loop", root / "loop")
    os.symlink(root / "nowhere", root / "c")
    read = data.load(root)
    assert {os.path.relpath(bad.path, root): bad.reason for bad in read.quarantine} == {
        "a/loop.png": "a link that leads back to itself",
        "loop": "a link that leads back to itself",
        "c": "a link to nothing",
    }
    assert read.dataset.classes == ("a", "b")


def test_a_link_back_up_brings_no_pictures_of_other_classes(tree):
    root = tree({"a": 3, "b": 3})
    os.symlink(root, root / "a" / "up")
    os.symlink(root, root / "everything")
    read = data.load(root)
    assert read.dataset.counts().tolist() == [3, 3]
    (note,) = read.notes
    assert note.startswith(
        f"left aside: {root / 'everything'}, which holds 'a', 'b', 'everything' once more: 0 "
    )
