"""Where a taxonomy is read from, and each way in which it may be no tree of the classes: one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from headstart import data
from headstart.data import trees
from headstart.errors import DataError
from tests.cli.conftest import tree

YAML = "round:\n  circle:\nstraight: [cross, square]\n"


@pytest.fixture(scope="module")
def flat(tmp_path_factory) -> Path:
    return tree(tmp_path_factory.mktemp("flat") / "shapes", names=("circle", "cross", "square"), each=6)


@pytest.fixture(scope="module")
def nested(tmp_path_factory, flat) -> Path:
    root = tmp_path_factory.mktemp("nested") / "shapes"
    for folder in ("round/circle", "straight/cross", "straight/square"):
        (root / folder).mkdir(parents=True)
        for picture in (flat / Path(folder).name).iterdir():
            (root / folder / picture.name).write_bytes(picture.read_bytes())
    return root


def write(folder: Path, text: str, name: str = "tree.yaml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tree.yaml", YAML),
        ("tree.yml", "straight: {cross: , square: ~}\nround: circle\n"),
        ("tree.json", json.dumps({"round": {"circle": None}, "straight": ["cross", {"square": {}}]})),
    ],
)
def test_files(flat, tmp_path, name, text):
    found = data.load(flat, taxonomy=write(tmp_path, text, name))
    assert found.dataset.classes == ("circle", "cross", "square")
    assert found.taxonomy is not None
    assert found.taxonomy.origin == name
    above = {
        leaf: found.taxonomy.names[found.taxonomy.parents[place]]
        for place, leaf in enumerate(found.taxonomy.names)
        if leaf in found.dataset.classes
    }
    assert above == {"circle": "round", "cross": "straight", "square": "straight"}


def test_names_are_text_whatever_yaml_makes_of_them(tmp_path):
    root = tree(tmp_path / "d", names=("circle", "cross", "square"), each=4)
    for old, new in (("circle", "no"), ("cross", "1"), ("square", "2026-01-01")):
        (root / old).rename(root / new)
    found = data.load(root, taxonomy=write(tmp_path, "a: [no, 1]\nb: [2026-01-01]\n"))
    assert found.dataset.classes == ("1", "2026-01-01", "no")
    found = data.load(root, taxonomy=write(tmp_path, '{"a": ["no", 1], "b": ["2026-01-01"]}', "t.json"))
    assert found.taxonomy is not None
    assert found.taxonomy.classes == ("1", "2026-01-01", "no")


def test_nested_folders(nested):
    found = data.load(nested, taxonomy="folders")
    assert found.dataset.classes == ("circle", "cross", "square")
    assert found.taxonomy is not None
    assert set(found.taxonomy.names) == {"", "round", "circle", "straight", "cross", "square"}
    assert not [note for note in found.notes if "hold but folders" in note]
    assert data.load(nested).dataset.classes == ("round", "straight")  # as ever, without the flag


def test_nested_folders_below_splits(nested, tmp_path):
    for split in ("train", "test"):
        (tmp_path / "set").mkdir(exist_ok=True)
        (tmp_path / "set" / split).symlink_to(nested)
    found = data.load(tmp_path / "set", taxonomy="folders", training=False)
    assert found.dataset.classes == ("circle", "cross", "square")
    assert set(found.dataset.splits) == {"train", "test"}


def test_a_column(flat, tmp_path):
    lines = ["path,label,kind"]
    above = {"circle": "round", "cross": "straight/cross", "square": " straight / "}
    for name, branch in above.items():
        lines += [f"{flat}/{name}/{number:02}.png,{name},{branch}" for number in range(6)]
    table = write(tmp_path, "\n".join(lines), "t.csv")
    found = data.load(table, taxonomy="column:kind")
    assert found.taxonomy is not None
    assert set(found.taxonomy.names) == {"", "round", "circle", "straight", "cross", "square"}
    with pytest.raises(DataError, match="no column 'sort' for the taxonomy; it has path,label,kind"):
        data.load(table, taxonomy="column:sort")
    two = write(tmp_path, "\n".join(lines).replace("00.png,circle,round", "00.png,circle,straight"), "u.csv")
    with pytest.raises(DataError, match=r"'circle' stands in two places, '\w+' and '\w+'"):
        data.load(two, taxonomy="column:kind")


def test_small_nodes_become_classes(nested):
    found = data.load(nested, taxonomy="folders", most_per_class=13)
    assert found.dataset.classes == ("round", "straight")
    assert found.taxonomy is not None
    assert found.taxonomy.merged == {"circle": "round", "cross": "straight", "square": "straight"}
    assert [note for note in found.notes if note.startswith("classes joined with their neighbours")]
    again = data.load(nested, taxonomy=found.taxonomy, training=False)
    assert again.dataset.classes == ("round", "straight")


HOSTILE = {
    "an alias": ("a: &x [circle]\nb: *x\n", r"line 2: an alias \(\*x\); write the nodes out"),
    "a bomb": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "an alias"),
    "a circle": ("&x a: *x\n", "an alias"),
    "twice": ("a: [circle, circle]\nb: [cross, square]\n", "'circle' stands twice in 'a'"),
    "a key twice": ("a: {circle: }\nb: [cross]\na: {circle: }\n", "'circle' stands twice in 'a'"),
    "two places": ("a: [circle, cross]\nb: [circle, square]\n", "two places, 'a/circle' and 'b/circle'"),
    "its own parent": ("a: {a: [circle, cross, square]}\n", "'a' stands in two places, 'a' and 'a/a'"),
    "missing": ("a: [circle]\nb: [cros]\n", "lacks the class 'cross'; it has 'cros'; add it to the tree"),
    "no leaf": ("a: {circle: [x]}\nb: [cross, square]\n", "'circle' is a class of the pictures, and has others"),
    "flat": ("circle:\ncross:\nsquare:\n", "no node stands above the classes"),
    "empty": ("", "holds no tree"),
    "a word": ("circle", "holds no tree"),
    "broken": ("a: [circle\n", r"no YAML \(line 2: did not find expected ',' or '\]'\); mend it"),
    "two documents": ("a: [circle]\n---\nb: [cross]\n", "no YAML"),
    "control": ("a: [\x07]\n", "no YAML"),
    "no name": ("a: ['']\n", "is no name of a node"),
    "a list as a name": ("? [a, b]\n: circle\n", "a list is no name of a node"),
    "list in list": ("a: [[circle]]\n", "a list is no name of a node"),
    "deep": ("[" * 5000, "more than 64 levels"),
    "python": ("a: !!python/object/apply:os.system ['true']\n", "lacks the class 'circle'"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_tree_is_said_in_one_line(flat, tmp_path, text, said):
    with pytest.raises(DataError, match=said) as error:
        data.load(flat, taxonomy=write(tmp_path, text))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": ["circle"], "a": ["circle"]}', "'circle' stands twice in 'a'"),
        ('{"a": [', "no JSON"),
        ('{"a":' * 3000, "no JSON|levels"),
        ("[" * 100_000, "no JSON"),
        ('{"a": true}', "holds no tree"),
        ('{"b":' + "[" * 900 + '"a"' + "]" * 900 + "}", "is no name of a node"),
    ],
)
def test_json_too(flat, tmp_path, text, said):
    with pytest.raises(DataError, match=said) as error:
        data.load(flat, taxonomy=write(tmp_path, text, "t.json"))
    assert "\n" not in str(error.value)


def test_no_file(flat, tmp_path):
    with pytest.raises(
        DataError, match=r"cannot be read .* expected a YAML or JSON file, folders, or column:NAME"
    ):
        data.load(flat, taxonomy=str(tmp_path / "nothing.yaml"))
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a text file"):
        data.load(flat, taxonomy=str(tmp_path / "b.yaml"))


def test_two_folders_of_one_name(tmp_path):
    root = tmp_path / "d"
    tree(root / "a", names=("circle", "cross"), each=3)
    tree(root / "b", names=("circle", "square"), each=3)
    with pytest.raises(DataError, match=r"'circle' stands in two places, '[ab]' and '[ab]'"):
        data.load(root, taxonomy="folders")


def test_classes_of_the_tree_without_pictures_are_no_matter(flat, tmp_path):
    found = data.load(flat, taxonomy=write(tmp_path, YAML + "other: [star, moon]\n"))
    assert found.taxonomy is not None
    assert "other" not in found.taxonomy.names


ODD = (
    "a: ~\nb: [null, '', \"null\", Null]\n",
    "? [a]\n: b\n",
    "a: {b: , c: }\n- [",
    "x",
    "",
    "a: b\n---\nc: d\n",
)


@pytest.mark.parametrize("text", ODD)
def test_a_file_is_read_once_and_alike_with_and_without_libyaml(tmp_path, text, monkeypatch):
    def read() -> object:
        try:
            return trees._written(write(tmp_path, text))
        except DataError as error:
            return str(error).partition("no YAML")[1]

    monkeypatch.setattr(yaml, "compose", None)
    found = read()
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read() == found
