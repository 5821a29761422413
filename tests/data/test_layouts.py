"""Each layout that people have is read, and what cannot be understood is said in one line."""

from __future__ import annotations

import io
import json
import os
import tarfile

import numpy as np
import pytest
from PIL import Image

from headstart import data
from headstart.data.decode import decode, read_bytes
from headstart.errors import DataError


def one_line(error) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def refused(source, **options) -> str:
    with pytest.raises(DataError) as error:
        data.load(source, **options)
    return one_line(error)


def png(seed: int) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def write_tar(path, members: dict[str, bytes]):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(content)
            archive.addfile(facts, io.BytesIO(content))
    return path


def samples(start: int, count: int) -> dict[str, bytes]:
    """`count` samples with class names, two classes in turn."""
    members = {}
    for seed in range(start, start + count):
        members[f"{seed:05d}.png"] = png(seed)
        members[f"{seed:05d}.cls"] = (b"cats", b"dogs\n")[seed % 2]
    return members


def test_class_folders(tree):
    read = data.load(tree({"cats": 4, "dogs": 3}))
    assert read.dataset.classes == ("cats", "dogs")
    assert read.dataset.counts().tolist() == [4, 3]
    assert set(read.dataset.splits) == {""}
    assert read.dataset.labels.dtype == read.dataset.groups.dtype == np.int64
    assert list(read.dataset.paths) == sorted(read.dataset.paths)
    assert read.quarantine == ()
    assert read.notes == ()


def test_class_folders_may_be_nested_and_linked(tree, tmp_path, paint):
    root = tree({"cats/indoor": 2, "cats/outdoor/night": 2, "dogs": 3})
    (root / "dogs" / "round").symlink_to(root / "dogs")
    paint(tmp_path / "elsewhere" / "a.png")
    (root / "cats" / "linked").symlink_to(tmp_path / "elsewhere")
    assert data.load(root).dataset.counts().tolist() == [5, 3]


@pytest.mark.parametrize("val", ["val", "valid", "validation", "Val"])
def test_split_folders(tree, val):
    root = tree({f"{split}/{name}": 3 for split in ("train", val, "test") for name in ("a", "b")})
    splits = data.load(root).dataset.splits
    assert sorted(splits) == ["test"] * 6 + ["train"] * 6 + ["val"] * 6


def test_train_may_be_a_class_among_others(tree):
    assert data.load(tree({"car": 3, "train": 3})).dataset.classes == ("car", "train")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"train/a": 3, "train/b": 3, "val/a": 1, "val/b": 1, "notes": 1}, ["'notes'", "split folders"]),
        ({"train/a": 3, "train/b": 3, "val/a": 1, "valid/a": 1}, ["'val', 'valid'", "twice"]),
        (
            {"train/a": 3, "train/b": 3, "test/a": 1, "test/b": 1, "test/c": 1},
            ["test has 'c' that train lacks"],
        ),
        ({"val/a": 3, "val/b": 3}, ["no train split"]),
        ({"a": 5}, ["one class", "'a'"]),
        ({"a": 5, "b": 2}, ["fewer than 3 usable pictures: 'b' (2); add"]),
        ({"a": 5, "b": 0}, ["'b' (0)"]),
        ({"train/a": 5, "train/b": 2, "val/a": 5, "val/b": 5}, ["usable pictures in train: 'b' (2)"]),
        ({"a": 0, "b": 0}, ["no pictures"]),
        ({".": 3}, ["no class folders"]),
    ],
)
def test_folders_that_cannot_be_learnt_from(tree, counts, words):
    message = refused(tree(counts))
    assert "pets" in message
    assert all(word in message for word in words), message


def test_sources_that_are_not_there_or_no_source(tmp_path):
    assert "no such folder" in refused(tmp_path / "nothing")
    (tmp_path / "notes.txt").write_text("x")
    assert "not a folder" in refused(tmp_path / "notes.txt")


def test_for_evaluation_one_class_and_few_pictures_are_enough(tree):
    assert len(data.load(tree({"a": 1}), training=False).dataset) == 1


@pytest.mark.parametrize("name", ["table.csv", "table.tsv", "table.parquet"])
def test_tables(tree, name):
    root = tree({"x": 6})
    rows = [(f"x/{i:03d}.png", "ab"[i % 2], ("train", "train", "val")[i // 2], f"g{i % 3}") for i in range(6)]
    rows += [(f"x/{i:03d}.png", "ab"[i % 2], "train", "") for i in range(2)]
    columns = ("path", "label", "split", "group")
    if name.endswith("parquet"):
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(
            pyarrow.table(dict(zip(columns, zip(*rows, strict=True), strict=True))), root / name
        )
    else:
        mark = "," if name.endswith("csv") else "\t"
        text = "\n".join(mark.join(row) for row in (columns, *rows)) + "\n"
        (root / name).write_text(text, encoding="utf-8-sig")
    read = data.load(root / name, training=False).dataset
    assert read.classes == ("a", "b")
    assert sorted(read.splits) == ["train"] * 6 + ["val"] * 2
    facts = dict(zip([os.path.relpath(path, root) for path in read.paths], read.groups, strict=True))
    assert facts["x/000.png"] == facts["x/003.png"] != facts["x/001.png"]
    assert len(set(read.groups)) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["no column path", "label"]),
        ("path,name\nx,y\n", ["no column label", "found path,name"]),
        ("path,label\nx/000.png\n", ["row 2", "1 cells"]),
        ("path,label\nx/000.png,\n", ["row 2 has no label"]),
        ("path,label\n,a\n", ["row 2 has no path"]),
        ("path,label,split\nx/000.png,a,train\nx/001.png,b,\n", ["row 3", "split ''"]),
        ("path,label,split\nx/000.png,a,spare\n", ["row 2", "split 'spare'"]),
        ("path,label\n", ["no pictures"]),
        ("path,label\nx/none.png,a\n", ["no pictures", "no such file"]),
        ("path,label\n\0,a\n", ["no pictures", "file name"]),
        (b"path,label\n\xff\xfe,a\n", ["UTF-8"]),
    ],
)
def test_tables_that_cannot_be_read(tree, text, words):
    table = tree({"x": 2}) / "table.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    message = refused(table)
    assert str(table) in message
    assert all(word in message for word in words), message


def test_a_damaged_parquet_file(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no")
    assert "not a readable parquet" in refused(tmp_path / "t.parquet")


def test_imagefolder_metadata(tree):
    root = tree({"train": 6, "test": 4})
    lines = [f"train/{i:03d}.png,{'ab'[i % 2]}" for i in range(6)]
    lines += [f"test/{i:03d}.png,{'ab'[i % 2]}" for i in range(4)]
    (root / "metadata.csv").write_text("file_name,label\n" + "\n".join(lines))
    assert sorted(data.load(root).dataset.splits) == ["test"] * 4 + ["train"] * 6


def test_imagefolder_metadata_in_each_split(tree):
    root = tree({"train": 6, "validation": 2})
    for split, count in (("train", 6), ("validation", 2)):
        lines = [f"{i:03d}.png,{'ab'[i % 2]}" for i in range(count)]
        (root / split / "metadata.csv").write_text("file_name,label\n" + "\n".join(lines))
    assert sorted(data.load(root).dataset.splits) == ["train"] * 6 + ["val"] * 2


def test_shards(tmp_path):
    for number in range(2):
        write_tar(tmp_path / "shards" / f"part-{number}.tar", samples(10 * number, 4))
    (tmp_path / "shards" / "info.json").write_text("{}")
    read = data.load(tmp_path / "shards").dataset
    assert read.classes == ("cats", "dogs")
    assert read.counts().tolist() == [4, 4]
    assert read.paths[0] == f"{tmp_path}/shards/part-0.tar!00000.png"
    np.testing.assert_array_equal(decode(read_bytes(read.paths[5])), decode(png(11)))
    alone = data.load(tmp_path / "shards" / "part-0.tar", training=False).dataset
    assert alone.paths == read.paths[:4]


def test_shards_name_their_split_or_stand_in_its_folder(tmp_path):
    for root, names in {
        "named": ("train-0.tar", "val-0.tar"),
        "folders": ("train/0.tar", "val/0.tar"),
    }.items():
        write_tar(tmp_path / root / names[0], samples(0, 8))
        write_tar(tmp_path / root / names[1], samples(10, 4))
        assert sorted(data.load(tmp_path / root).dataset.splits) == ["train"] * 8 + ["val"] * 4


def test_shards_with_json_labels_and_what_is_missing(tmp_path):
    members = {
        "dir/._a.png": b"x",
        "lonely.png": png(1),
        "text.cls": b"1",
        "empty.json": b"[]",
        "empty.png": png(2),
    }
    for seed in range(6):
        members[f"dir/{seed}.seg.png"] = png(seed + 50)
        members[f"dir/{seed}.json"] = json.dumps({"label": seed % 2, "group": "g"}).encode()
    read = data.load(write_tar(tmp_path / "a.tar", members))
    assert read.dataset.classes == ("0", "1")
    assert len(set(read.dataset.groups)) == 1
    reasons = {bad.path.rpartition("!")[2]: bad.reason for bad in read.quarantine}
    assert set(reasons) == {"lonely.png", "text", "empty.png"}
    assert "no label" in reasons["lonely.png"]
    assert "no picture" in reasons["text"]


def test_shards_that_are_damaged(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"not a tar" * 100)
    assert "not a readable tar" in refused(tmp_path / "a.tar")
    whole = write_tar(tmp_path / "b.tar", samples(0, 8)).read_bytes()
    (tmp_path / "b.tar").write_bytes(whole[: 8 * 512 + 100])
    assert "b.tar" in refused(tmp_path / "b.tar")
    write_tar(tmp_path / "c.tar", {"a.png": png(0), "a.json": b"{"})
    assert "label cannot be read" in refused(tmp_path / "c.tar")


def test_names_that_are_not_utf8(tree):
    root = tree({"cats": 3, "dogs": 3})
    odd = os.fsencode(root / "dogs") + b"/caf\xe9.png"
    with open(odd, "wb") as handle:
        handle.write(png(0))
    (bad,) = data.load(root).quarantine
    assert bad.path.endswith("caf\\xe9.png")
    assert "UTF-8" in bad.reason
    os.mkdir(os.fsencode(root) + b"/caf\xe9")
    assert "UTF-8" in refused(root)


@pytest.mark.parametrize(
    "label",
    [b"[" * 100_000, b'{"label": ["cat", "dog"]}', b'{"label": "\\ud800"}', b'{"label": {"name": "cat"}}'],
)
def test_a_label_in_a_shard_that_is_none_is_one_line(label, tmp_path):
    write_tar(tmp_path / "set.tar", samples(0, 6) | {"odd.png": png(99), "odd.json": label})
    assert "odd: its label cannot be read" in refused(tmp_path / "set.tar")


def test_a_shard_s_member_of_a_made_up_length_is_left_out(tmp_path):
    """A sparse member says a length of its own, and may be of a few bytes."""
    write_tar(tmp_path / "set.tar", samples(0, 6))
    with tarfile.open(tmp_path / "set.tar", "a") as archive:
        member = tarfile.TarInfo("odd.png")
        member.pax_headers = {"GNU.sparse.size": str(1 << 45), "GNU.sparse.map": "0,0"}
        archive.addfile(member)
    found = data.load(tmp_path / "set.tar")
    assert len(found.dataset) == 6


def test_a_class_that_holds_folders_called_as_others_are_stays_one(tree):
    """`front/left` is no copy of `left` where it shows other pictures."""
    root = tree({"left": 4, "right": 4, "front": 4})
    for side in ("left", "right"):
        (root / "front" / side).mkdir()
        for number in range(3):
            (root / "front" / side / f"front-{number}.png").write_bytes(png(50 + number + 10 * len(side)))
    assert data.load(root).dataset.classes == ("front", "left", "right")
