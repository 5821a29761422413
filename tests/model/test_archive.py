"""load() takes a run's folder and a zip too; what is damaged is told as damaged, in words that need no Python."""

from __future__ import annotations

import gc
import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import headstart
from headstart import backbone, data, model
from headstart.errors import BackboneError, BundleError
from headstart.planning import cases
from headstart.training.fit import fit
from tests.cli.conftest import tree
from tests.cli.test_bundles import zipped

# How Python calls its errors and kinds, which no reader of a line need know.
PYTHON = re.compile(r"[A-Z]\w*Error|NoneType|object has no|not subscriptable|indices must be")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return [str(p) for p in sorted(tree(tmp_path_factory.mktemp("shapes") / "data", each=6).rglob("*.png"))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, pictures: list[str]) -> Path:
    """A run's folder with a bundle in it."""
    dataset = data.load(Path(pictures[0]).parents[1]).dataset
    network = backbone.load("demo-cnn")
    made = model.Model.of(fit(cases.make(1, network), network, dataset, data.partition(dataset, seed=0)))
    folder = tmp_path_factory.mktemp("run")
    (folder / "env.json").write_text("{}")
    model.save(made, folder / "bundle")
    return folder


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("form", ["run", "zip of a bundle", "zip of a run"])
def test_whatever_holds_the_bundle_is_loaded(
    form: str, run: Path, pictures: list[str], tmp_path: Path, scratch: Path
) -> None:
    place = {
        "run": lambda: run,
        "zip of a bundle": lambda: zipped(run / "bundle", tmp_path / "some.zip"),
        "zip of a run": lambda: zipped(run, tmp_path / "some.zip", "shapes/"),
    }[form]()
    loaded, plain = headstart.load(place), headstart.load(run / "bundle")
    assert bool(list(scratch.iterdir())) == form.startswith("zip")
    np.testing.assert_array_equal(loaded.probabilities(pictures), plain.probabilities(pictures))
    loaded.network()  # what is read late is still there
    del loaded
    gc.collect()
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_zip_without_its_end_is_damaged(share: float, run: Path, tmp_path: Path, scratch: Path) -> None:
    file = zipped(run, tmp_path / "some.zip")
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(BundleError, match="damaged") as caught:
        headstart.load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "no bundle" not in str(caught.value)
    assert not list(scratch.iterdir())


def test_what_is_wrong_in_a_zip_names_the_zip(run: Path, tmp_path: Path, scratch: Path) -> None:
    copy = shutil.copytree(run / "bundle", tmp_path / "copy")
    (copy / "model.safetensors").write_bytes(b"torn")
    file = zipped(copy, tmp_path / "some.zip")
    with pytest.raises(BundleError, match=r"model\.safetensors: damaged") as caught:
        headstart.load(file)
    assert str(file) in str(caught.value)
    assert str(scratch) not in str(caught.value)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("content", ["a text", ""])
def test_a_file_that_is_none_of_these_is_no_bundle(content: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(content)
    with pytest.raises(BundleError, match="no bundle"):
        headstart.load(tmp_path / "notes.txt")
    with pytest.raises(BundleError, match="no such folder"):
        headstart.load(tmp_path / "nowhere")


def test_a_zip_of_something_else_is_no_bundle(tmp_path: Path, scratch: Path) -> None:
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("readme.txt", b"hello")
    with pytest.raises(BundleError, match="holds no bundle"):
        headstart.load(tmp_path / "some.zip")
    assert not list(scratch.iterdir())


SPOILT = {
    "its checksum is another": lambda text: text.replace('"circle"', '"circus"'),
    "no JSON": lambda text: text[: len(text) // 2],
    "files is missing": lambda text: _without(text, "files"),
    "format is missing": lambda text: "{}",
    "of another kind": lambda text: _without(text, "plan", 3),
    "a JSON object was expected": lambda text: "[]",
}


def _without(text: str, key: str, value: object = None) -> str:
    """Without a member, or with another value, sealed anew."""
    from headstart import seals

    values = json.loads(text)
    del values["checksum"], values[key]
    return json.dumps(seals.sealed(values if value is None else {**values, key: value}))


@pytest.mark.parametrize("said", SPOILT)
def test_damage_is_told_in_plain_words(said: str, run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run / "bundle", tmp_path / "copy"))
    info = copy / "headstart.json"
    info.write_text(SPOILT[said](info.read_text()))
    with pytest.raises(BundleError, match=re.escape(said)) as caught:
        headstart.load(copy)
    assert not PYTHON.search(str(caught.value)), caught.value


def test_a_damaged_card_of_a_backbone_is_told_so_too(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "backbone.json").write_text('{"format": 1}')
    with pytest.raises(BackboneError, match="damaged") as caught:
        headstart.load_backbone(str(tmp_path / "net"))
    assert not PYTHON.search(str(caught.value)), caught.value
