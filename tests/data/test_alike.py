"""What is counted in a note is listed, pair by pair."""

from __future__ import annotations

import csv
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import data


def photo(seed: int) -> Image.Image:
    """Something with structure at every scale, as photographs have."""
    rng = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(rng.integers(0, 256, (side, side, 3)).astype(np.uint8)).resize((96, 96)), float
        )
        for side in (4, 12, 32)
    ]
    return Image.fromarray((sum(layers) / 3).astype(np.uint8))


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """train and val of two classes, with every kind of likeness."""
    root = tmp_path / "messy"
    for place, split in enumerate(("train", "val")):
        for other, name in enumerate("ab"):
            (root / split / name).mkdir(parents=True)
            for number in range(8):
                photo(100 * place + 10 * other + number).save(root / split / name / f"{number}.png")
    shutil.copy(root / "train/a/0.png", root / "train/a/copy.png")
    shutil.copy(root / "train/a/0.png", root / "train/a/third.png")
    shutil.copy(root / "train/a/1.png", root / "train/b/torn.png")
    shutil.copy(root / "val/a/0.png", root / "train/a/leak.png")
    photo(2).save(root / "train/a/near.jpg", quality=70)
    photo(101).save(root / "train/a/near-leak.jpg", quality=70)
    return root


def listed(root: Path, read: data.Intake) -> dict[str, list[tuple[str, str]]]:
    kinds: dict[str, list[tuple[str, str]]] = {}
    for pair in read.alike:
        names = tuple(os.path.relpath(path, root) for path in (pair.path, pair.other))
        kinds.setdefault(pair.kind, []).append(names)
    return kinds


def test_every_pair_is_listed_by_its_kind(messy):
    read = data.load(messy)
    kinds = listed(messy, read)
    assert {kind: len(found) for kind, found in kinds.items()} == {
        "copy": 4,
        "near twin": 2,
        "copy in another class": 1,
        "copy in a later split": 1,
        "near twin in a later split": 1,
    }
    assert kinds["copy in another class"] == [("train/b/torn.png", "train/a/1.png")]
    assert kinds["copy in a later split"] == [("train/a/leak.png", "val/a/0.png")]
    assert kinds["near twin in a later split"] == [("train/a/near-leak.jpg", "val/a/1.png")]
    assert ("train/a/copy.png", "train/a/0.png") in kinds["copy"]
    assert {frozenset(pair) for pair in kinds["near twin"]} == {
        frozenset({"train/a/2.png", "train/a/near.jpg"}),
        frozenset({"val/a/1.png", "train/a/near-leak.jpg"}),
    }
    (torn,) = (pair for pair in read.alike if pair.kind == "copy in another class")
    assert (torn.label, torn.other_label) == ("b", "a")


def test_a_note_counts_what_is_listed_and_names_the_first_pairs(messy):
    read = data.load(messy)
    counts = [int(re.search(r": (\d+) \(", note).group(1)) for note in read.notes]
    assert sorted(counts) == sorted(len(found) for found in listed(messy, read).values())
    (torn,) = (note for note in read.notes if "more than one class" in note)
    assert torn == "pictures that stand in more than one class: 1 (train/b/torn.png and train/a/1.png)"


def test_one_picture_in_three_classes_is_one_and_every_place_is_listed(tree):
    root = tree({"a": 3, "b": 3, "c": 3})
    for name in "bc":
        shutil.copy(root / "a" / "000.png", root / name / "torn.png")
    read = data.load(root)
    assert "pictures that stand in more than one class: 1 (" in " ".join(read.notes)
    assert listed(root, read)["copy in another class"] == [
        ("b/torn.png", "a/000.png"),
        ("c/torn.png", "a/000.png"),
    ]


def test_the_table_of_likenesses(messy, tmp_path):
    read = data.load(messy)
    data.write_alike(tmp_path / "alike.csv", read.alike)
    with open(tmp_path / "alike.csv", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["kind", "path", "label", "other", "other_label"]
    assert rows[1:] == [[p.kind, p.path, p.label, p.other, p.other_label] for p in read.alike]


def test_without_likenesses_there_is_nothing_to_list(tree):
    read = data.load(tree({"a": 4, "b": 4}))
    assert (read.alike, read.notes) == ((), ())
