"""Bundles that others wrote, shortened or edited: one clear line, whatever is wrong with them."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart import backbone, data, model
from headstart.errors import BundleError
from headstart.model.timm_format import _crop_pct
from headstart.plan import cases
from headstart.train.fit import fit
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


def _refused(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        model.load(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


EDITS: dict[str, Any] = {
    "files": [{}, ["model.safetensors"], None],
    "backbone": ["demo-cnn", {}, None],
    "plan": ["case = ", "case = 9", 3],
    "classes": [None],
    "format": ["one", None],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in EDITS.items() for value in values]
)
def test_a_value_of_another_kind(key, value, copied):
    path = copied / "headstart.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    assert "damaged" in _refused(copied)


@pytest.mark.parametrize("key", ["files", "backbone", "plan", "classes", "format"])
def test_a_value_that_is_missing(key, copied):
    path = copied / "headstart.json"
    info = json.loads(path.read_text())
    del info[key]
    path.write_text(json.dumps(info))
    assert key in _refused(copied)


def test_a_preparation_that_cannot_be(copied):
    path = copied / "headstart.json"
    info = json.loads(path.read_text())
    info["backbone"]["preprocess"]["interpolation"] = "magic"
    path.write_text(json.dumps(info))
    assert "magic" in _refused(copied)


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
