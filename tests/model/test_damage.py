"""Bundles that others wrote, shortened or edited: one clear line, whatever is wrong with them."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from headstart import backbone, data, model, seals
from headstart.errors import BundleError, OutputError
from headstart.heads.neighbours import Neighbours
from headstart.job.predict import Predicted
from headstart.model.formats import neighbours
from headstart.model.formats.timm import _crop_pct
from headstart.planning import cases
from headstart.training.fit import fit
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    dataset = data.load(tree(tmp_path_factory.mktemp("shapes") / "data", each=6)).dataset
    network = backbone.load("demo-cnn")
    made = model.Model.of(fit(cases.make(1, network), network, dataset, data.partition(dataset, seed=0)))
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    model.save(made, folder)
    return folder


@pytest.fixture
def copied(bundle, tmp_path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def _edit(folder: Path, change: Any) -> None:
    """Changes what the bundle says of itself, and seals it anew."""
    path = folder / "headstart.json"
    info = json.loads(path.read_text())
    del info["checksum"]
    change(info)
    path.write_text(json.dumps(seals.sealed(info)))


def _refused(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        model.load(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


FAMILIAR = {"line": 0.5, "groups": 40, "inside": 0.95}
EDITS: dict[str, Any] = {
    "files": [{}, ["model.safetensors"], None],
    "backbone": ["demo-cnn", {}, None],
    "plan": ["case = ", "case = 9", 3],
    "classes": [None],
    "format": ["one", None],
    "certainty": [
        {"temperature": None, "sets": {}, "familiar": None},
        {"temperature": True, "sets": None, "familiar": None},
        {"temperature": None, "sets": None, "familiar": FAMILIAR},  # and no neighbours
        {"temperature": None, "sets": None, "familiar": {**FAMILIAR, "groups": 10**400}},
    ],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in EDITS.items() for value in values]
)
def test_a_value_of_another_kind(key, value, copied):
    _edit(copied, lambda info: info.update({key: value}))
    assert "damaged" in _refused(copied)


@pytest.mark.parametrize("key", ["files", "backbone", "plan", "classes", "format"])
def test_a_value_that_is_missing(key, copied):
    _edit(copied, lambda info: info.pop(key))
    assert key in _refused(copied)


def _prepared(**changes: Any) -> Any:
    return lambda info: info["backbone"]["preprocess"].update(changes)


def _first_stage(**changes: Any) -> Any:
    return lambda info: info["backbone"]["stages"][0].update(changes)


CRAFTED: dict[str, Any] = {
    "magic": _prepared(interpolation="magic"),
    "std": _prepared(std=[0, 0.2, 0.2]),
    "3 finite": _prepared(mean=[0.5, 0.5]),
    "size": _prepared(size=10**9, resize=10**9),
    "channels": _first_stage(channels="many"),
    "layout": _first_stage(layout="HW"),
    "no stage": lambda info: info["backbone"]["owners"].update(x="elsewhere"),
    "different ones": lambda info: info["backbone"]["stages"].append(info["backbone"]["stages"][0]),
    "num_classes": lambda info: info["backbone"]["source"].update(num_classes=-1),
    "3 classes": lambda info: info["classes"].append("one too many"),
    "different names": lambda info: info.update(classes=["same", "same"]),
    "at least two": lambda info: info.update(classes=["one"]),
    "held_out": lambda info: info.update(held_out=[["nested"]]),
    "left_out": lambda info: info.update(left_out=5),
    "trained_on": lambda info: info.update(trained_on=["a", "b"]),
    "classes is of type str": lambda info: info.update(classes="ab"),
    "metrics": lambda info: info.update(metrics=3),
    "size 64.0": _prepared(size=64.0),
    "size True": _prepared(size=True),
    "levels": _prepared(levels=[0, 1, 2]),
    "head None": lambda info: info["backbone"].update(head=None),
    "no table": lambda info: info["backbone"].update(model_kwargs=[1]),
    "lies outside": lambda info: info["files"].update({"../../outside": "0" * 64}),
    "its network is": lambda info: info["backbone"].update(name="small"),
}


@pytest.mark.parametrize("said", CRAFTED)
def test_a_value_outside_its_limits(said, copied):
    """Also where whoever wrote it sealed it."""
    _edit(copied, CRAFTED[said])
    assert said in _refused(copied)


def test_a_bundle_nested_without_end(copied):
    (copied / "headstart.json").write_text("[" * 100_000 + "]" * 100_000)
    assert "nested too deeply" in _refused(copied)


def test_a_network_that_is_not_listed(copied):
    _edit(copied, lambda info: [info["files"].pop(name) for name in list(info["files"]) if "network" in name])
    assert "no part of the bundle" in _refused(copied)


def _with_weights(folder: Path, content: bytes) -> None:
    (folder / "model.safetensors").write_bytes(content)
    _edit(
        folder, lambda info: info["files"].update({"model.safetensors": hashlib.sha256(content).hexdigest()})
    )


@pytest.mark.parametrize("content", [b"", b"\x00" * 40, b"\xff" * 400, b"\x02" + bytes(7) + b"{}"])
def test_weights_that_are_none(content, copied):
    _with_weights(copied, content)
    _refused(copied)


@pytest.mark.parametrize(
    ("shape", "value"), [((3, 2), 0.0), ((2, 7), 0.0), ((2,), 0.0), ((2, 0), np.nan), ((2, 0), np.inf)]
)
def test_a_head_that_does_not_fit(shape, value, copied):
    tensors = load_file(copied / "model.safetensors")
    weight = tensors["headstart_head.0.weight"]
    wide = {0: weight.shape[1]}
    tensors["headstart_head.0.weight"] = np.full([wide.get(n, n) for n in shape], value, np.float32)
    _with_weights(copied, save(tensors))
    assert "head" in _refused(copied)


def test_what_was_not_sealed_so_is_refused(copied):
    """A class name for another: a plausible value, which only the checksum tells."""
    path = copied / "headstart.json"
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, "classes": info["classes"][::-1]}))
    assert "checksum" in _refused(copied)


@pytest.mark.parametrize("value", ["1e999", "NaN", "Infinity"])
@pytest.mark.parametrize("written", [1, 2])
def test_a_number_that_is_none(value, written, copied):
    path = copied / "headstart.json"
    info = json.loads(path.read_text())
    info["format"] = written
    info["backbone"]["preprocess"]["mean"][0] = "HERE"
    path.write_text(json.dumps(info).replace('"HERE"', value))
    assert "damaged" in _refused(copied)


def test_a_bundle_that_was_indented_anew_still_holds(copied):
    path = copied / "headstart.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    assert model.load(copied).classes == ("circle", "cross")


def test_a_bundle_of_the_first_format_still_loads(copied):
    path = copied / "headstart.json"
    info = json.loads(path.read_text())
    del info["checksum"]
    path.write_text(json.dumps({**info, "format": 1}))
    assert model.load(copied).classes == ("circle", "cross")


@pytest.mark.parametrize("content", ["[]", "3", "null", '"text"', "\x00"])
def test_a_card_that_is_none(content, copied):
    (copied / "headstart.json").write_text(content)
    _refused(copied)


def test_every_file_of_a_bundle_is_checked(copied):
    checked = [path for path in copied.rglob("*") if path.is_file()]
    for path in checked:
        if path.name in ("README.md", "headstart.json"):
            continue
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        assert str(path) in _refused(copied)
        path.write_bytes(kept)
    assert {path.name for path in checked} >= {"model.safetensors", "network.xml", "network.bin"}


def test_no_pictures_give_no_rows(copied):
    assert model.load(copied).probabilities([]).shape == (0, 2)


def test_what_a_bundle_says_of_its_size_is_what_timm_reads():
    for size in range(32, 400, 8):
        for resize in range(size, 2 * size):
            assert math.floor(size / _crop_pct(size, resize)) == resize


def test_a_moved_bundle_predicts_the_same(bundle, copied, tmp_path):
    paths = [str(path) for path in sorted(tree(tmp_path / "more", each=2).rglob("*.png"))]
    first, second = (model.load(folder).probabilities(paths) for folder in (bundle, copied))
    np.testing.assert_array_equal(first, second)


def test_a_folder_of_something_else_is_never_replaced_by_a_bundle(copied, tmp_path):
    loaded, mine = model.load(copied), tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    with pytest.raises(OutputError, match="something other than a bundle"):
        model.save(loaded, mine)
    assert (mine / "thesis.txt").read_text() == "years"


X = np.eye(4, dtype=np.float16)


def _neighbours(folder: Path, **changes: Any) -> Path:
    """The file of four pictures of two classes, changed."""
    tensors = {"x": X, "labels": np.array([0, 1, 0, 1]), "widths": np.array([4])}
    told = changes.pop("told", [["a", "b", "c", "d"], ["0", "1", "2", "3"]])
    metadata = {"pictures": told if isinstance(told, str) else json.dumps(told)}
    (folder / neighbours.NEIGHBOURS).write_bytes(save({**tensors, **changes}, metadata))
    return folder


def test_neighbours_are_read_as_they_were_written(tmp_path):
    found = neighbours.read(_neighbours(tmp_path), [4], 2)
    assert found is not None
    assert (found.names, found.labels.tolist()) == (("a", "b", "c", "d"), [0, 1, 0, 1])
    made = Neighbours.of(
        np.abs(np.random.default_rng(0).normal(size=(4, 4))), found.labels, "abcd", "0123", (4,)
    )
    neighbours.write(made, tmp_path)
    assert neighbours.read(tmp_path, [4], 2) is not None


@pytest.mark.parametrize(
    "broken",
    [
        {"told": [[5, 5, 5, 5], ["0", "1", "2", "3"]]},
        {"told": ["abcd", ["0", "1", "2", "3"]]},
        {"told": [["a", "b", "c", "d"], [None] * 4]},
        {"told": "[" * 100_000},
        {"labels": np.array([0, 1, 0, 1], np.float32)},
        {"labels": np.array([[0], [1], [0], [1]])},
        {"labels": np.array([0, 1, 0, 2])},
        {"x": X * 50},
        {"x": X.astype(np.float32)},
        {"x": X * np.float16("nan")},
        {"x": np.empty((0, 4), np.float16), "labels": np.empty(0, np.int64), "told": [[], []]},
        {"widths": np.array([2, 2])},
    ],
)
def test_neighbours_that_do_not_fit_are_refused(broken, tmp_path):
    with pytest.raises(ValueError, match=r"neighbours\.safetensors: "):
        neighbours.read(_neighbours(tmp_path, **broken), [4], 2)


def test_a_line_without_neighbours_calls_nothing_out_of_place():
    row = np.array([0.4, 0.6], np.float32)
    found = Predicted(("a.png",), (row,), ("x", "y"), (), (), least_similarity=0.5)
    (one,) = found.ranked(1)
    assert one.out_of_place is None
