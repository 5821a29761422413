"""Tables as people write them are understood; what cannot be understood is refused with the cure."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headstart import data
from headstart.data import tables
from headstart.errors import DataError


def read(table: Path, text: str | bytes):
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    return data.load(table)


def refused(table: Path, text: str | bytes) -> str:
    with pytest.raises(DataError) as error:
        read(table, text)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def folder(tree) -> Path:
    """Twelve pictures, x/000.png to x/011.png."""
    return tree({"x": 12})


def lines(form: str, labels: str = "ab", count: int = 12) -> str:
    """A line for each picture; form: with {path} and {label}."""
    return "".join(
        form.format(path=f"x/{i:03d}.png", back=f"x\\{i:03d}.png", label=labels[i % len(labels)], i=i) + "\n"
        for i in range(count)
    )


FORMS = {
    "semicolons": "path;label\n" + lines("{path};{label}"),
    "tabs in a .csv": "path\tlabel\n" + lines("{path}\t{label}"),
    "no head": lines("{path},{label}"),
    "no head, semicolons": lines("{path};{label}"),
    "back-slashes": "path,label\n" + lines("{back},{label}"),
    "back-slashes without a head": lines("{back},{label}"),
    "a byte order mark": "\ufeffpath,label\n" + lines("{path},{label}"),
    "a byte order mark and no head": "\ufeff" + lines("{path},{label}"),
    "empty lines as spreadsheets leave them": "path,label\n" + lines("{path},{label}") + ",\n,\n",
    "more columns": "id;Image Path;Class;size\n" + lines("{i};{path};{label};8"),
    "lines of Windows": ("path,label\n" + lines("{path},{label}")).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_the_forms_that_tables_come_in(folder, text):
    found = read(folder / "t.csv", text).dataset
    assert (len(found), found.classes) == (12, ("a", "b"))
    assert found.labels.tolist() == [0, 1] * 6
    assert found.paths[3] == str(folder / "x/003.png")


@pytest.mark.parametrize("path", ["image", "filename", "file", "image_path", "File Name", "filepaths"])
@pytest.mark.parametrize("label", ["class", "category", "target", "labels", "Class Name"])
def test_the_names_that_people_give_columns(folder, path, label):
    found = read(folder / "t.csv", f"{label},{path}\n" + lines("{label},{path}")).dataset
    assert (found.classes, len(found)) == (("a", "b"), 12)


def test_whole_paths(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    text = "path,label\n" + lines(str(folder) + "/{path},{label}")
    assert len(read(tmp_path / "elsewhere" / "t.csv", text).dataset) == 12


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("1", "0"), ("yes", "no")])
def test_fastai_s_is_valid_is_the_val_split(folder, yes, no):
    rows = [f"x/{i:03d}.png,{'ab'[i % 2]},{yes if i > 7 else no}" for i in range(12)]
    found = read(folder / "t.csv", "file,labels,is_valid\n" + "\n".join(rows))
    assert found.dataset.splits == ("train",) * 8 + ("val",) * 4


def test_a_split_may_be_called_as_folders_may(folder):
    rows = [f"x/{i:03d}.png,{'ab'[i % 2]},{('Training', 'dev', 'eval')[i // 6 + i // 9]}" for i in range(12)]
    found = read(folder / "t.csv", "path,label,split\n" + "\n".join(rows)).dataset
    assert found.splits == ("train",) * 6 + ("val",) * 3 + ("test",) * 3


def test_a_column_that_could_have_been_meant_is_named(folder):
    (note,) = read(folder / "t.csv", "path,label,class\n" + lines("{path},{label},z")).notes
    assert note == "t.csv: the label is read from 'label', not from 'class'"


def test_names_that_differ_only_in_case_are_noted(folder):
    (note,) = read(folder / "t.csv", "path,label\n" + lines("{path},{label}", "Rr")).notes
    assert note == "classes whose names differ only in case, taken for different ones: 'R', 'r'"


def labelled(*labels: str) -> str:
    rows = [f"x/{i:03d}.png,{labels[i % len(labels)]}" for i in range(12)]
    return "path,label\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("labels", "sign"),
    [
        (("Mass|Nodule", "Mass", "Hernia"), "'|'"),
        (("cat dog", "cat", "dog"), "' '"),
        (("scab", "healthy", "rust", "rust scab"), "' '"),
        (("12 4", "4", "12", "7"), "' '"),
        (
            ("clear primary", "haze primary", "clear water", "haze primary water", "clear", "primary"),
            "' '",
        ),
        (('"cat,dog"', "cat", "dog"), "','"),
        (("cat;dog", "cat", "dog"), "';'"),
    ],
)
def test_several_labels_in_a_cell_are_refused_with_the_cure(folder, labels, sign):
    message = refused(folder / "t.csv", labelled(*labels))
    assert "has several labels" in message
    assert f"another sign than {sign}" in message
    assert "expected one class for each picture" in message


@pytest.mark.parametrize(
    "labels",
    [
        ("golden retriever", "labrador retriever", "poodle"),
        ("bear", "polar bear", "black bear"),
        ("red circle", "blue circle", "red square", "blue square"),
        ("clear", "cloudy", "partly cloudy"),
        ('"tench, Tinca tinca"', '"goldfish, Carassius auratus"'),
        ("Tomato 1", "Tomato 2", "Apple Red 1", "Apple Red 2"),
    ],
)
def test_a_name_may_hold_a_space_or_a_comma(folder, labels):
    classes = read(folder / "t.csv", labelled(*labels)).dataset.classes
    assert classes == tuple(sorted(label.strip('"') for label in labels))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (("path,label\n" + lines("{path},{label}")).encode("utf-16"), ["UTF-16", "save it as 'CSV UTF-8'"]),
        ("path,label\nx/000.png,café\n".encode("latin-1"), ["line 2", "Latin-1", "save it as 'CSV UTF-8'"]),
        ("path,label,label\nx/000.png,a,b\n", ["two columns are called 'label'"]),
        ("name,kind\nx/000.png,a\n", ["no column path and no column label", "found name,kind"]),
        ("y/000.png,a\ny/001.png,b\n", ["no column path"]),
        ("path,label\ny/000.png,a\ny/001.png,b\n", ["none of the 2 files", "from the table's folder"]),
        ("path,label,is_valid\nx/000.png,a,maybe\n", ["row 2", "'maybe'", "True or False in is_valid"]),
        ("path,label\n.,a\n..,b\n", ["no pictures"]),
    ],
)
def test_what_cannot_be_understood_is_refused_with_the_cure(folder, text, words):
    message = refused(folder / "t.csv", text)
    assert str(folder / "t.csv") in message
    assert all(word in message for word in words), message


def test_a_parquet_file_of_pictures_themselves(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    pictures = pyarrow.array([{"bytes": b"x", "path": "a.png"}])
    parquet.write_table(pyarrow.table({"image": pictures, "label": ["a"]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"'image' holds pictures .* expected paths"):
        data.load(tmp_path / "t.parquet")


_NAMES = st.text(st.characters(categories=("L", "N"), include_characters="'_-.\""), min_size=1, max_size=8)
_PATHS = st.text(st.sampled_from("ab01 ,;\t.-'"), min_size=1, max_size=8).map(lambda t: f"p{t}p.png")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(_PATHS, _NAMES), min_size=1, max_size=6),
    separator=st.sampled_from(",;\t"),
    head=st.sampled_from([("path", "label"), ("File", "Class"), ("image_path", "category")]),
    mark=st.sampled_from(["", "\ufeff"]),
    ending=st.sampled_from(["\n", "\r\n"]),
    name=st.sampled_from(["t.csv", "t.tsv"]),
)
def test_what_is_written_is_read_whatever_separates_it(tmp_path, rows, separator, head, mark, ending, name):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=ending).writerows([head, *rows])
    (tmp_path / name).write_bytes((mark + text.getvalue()).encode())
    (tmp_path / rows[0][0]).touch()
    found = tables.listing(str(tmp_path / name)).rows
    assert [(row.name, row.label) for row in found] == rows
