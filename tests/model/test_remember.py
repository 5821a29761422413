"""What a model keeps of its training pictures, in memory and in a bundle."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from headstart import backbone, data, model
from headstart.errors import BundleError
from headstart.model.formats.neighbours import NEIGHBOURS
from headstart.model.remember import head_input
from headstart.planning import cases
from headstart.training.fit import fit
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    dataset = data.load(tree(tmp_path_factory.mktemp("shapes") / "data")).dataset
    return dataset, data.partition(dataset, seed=0)


def _made(shapes, case: int, **options) -> model.Model:
    network = backbone.load("demo-cnn")
    plan = cases.make(case, network, n=20, recipe={"epochs": 1, "batch_size": 8}, **options)
    return model.remember(fit(plan, network, *shapes), *shapes)


@pytest.fixture(scope="module")
def frozen(shapes) -> model.Model:
    return _made(shapes, 2, cut="conv1+conv3")


@pytest.fixture(scope="module")
def bundle(frozen, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    model.save(frozen, folder)
    return folder


def test_a_bundle_keeps_them(shapes, frozen, bundle) -> None:
    loaded, kept = model.load(bundle).neighbours, frozen.neighbours
    assert loaded is not None
    assert kept is not None
    assert (loaded.x == kept.x).all()
    assert (loaded.labels == kept.labels).all()
    assert (loaded.names, loaded.digests, loaded.widths) == (kept.names, kept.digests, kept.widths)
    dataset, parts = shapes
    known = {dataset.digests[i][:16] for i in parts.train}
    assert set(kept.digests) == known
    assert all(not name.startswith("/") and (Path(dataset.root) / name).is_file() for name in kept.names)


@pytest.mark.parametrize("case", [1, 4])
def test_a_picture_is_its_own_nearest_by_the_models_own_network(case, shapes) -> None:
    made = _made(shapes, case, **({"init": "random", "fallback": "none"} if case == 4 else {}))
    dataset, parts = shapes
    kept = made.neighbours
    assert kept is not None
    assert (made.module is not None) == (case == 4)
    index = parts.train[:5]
    x = np.concatenate(list(made.features([dataset.pictures[i] for i in index])))
    np.testing.assert_allclose(x, head_input(made, dataset, index), rtol=1e-4, atol=1e-4)
    similarity, place = kept.nearest(x, 1)
    told = [kept.digests[p] for p, s in zip(place[:, 0], similarity[:, 0], strict=True) if s > 0.995]
    known = {dataset.digests[i][:16] for i in index} & set(kept.digests)
    assert known
    assert known <= set(told)


def test_a_bundle_without_them_loads(bundle, shapes, tmp_path) -> None:
    network = backbone.load("demo-cnn")
    old = model.Model.of(fit(cases.make(1, network), network, *shapes))
    model.save(old, tmp_path / "old")
    assert model.load(tmp_path / "old").neighbours is None


def test_damage_is_told(bundle, tmp_path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    (copy / NEIGHBOURS).write_bytes((copy / NEIGHBOURS).read_bytes()[:-9])
    with pytest.raises(BundleError, match=r"neighbours\.safetensors: damaged"):
        model.load(copy)
    (copy / NEIGHBOURS).unlink()
    with pytest.raises(BundleError, match=r"neighbours\.safetensors: missing"):
        model.load(copy)


def test_the_card_says_what_of_the_pictures_is_held(shapes, frozen, tmp_path) -> None:
    dataset, partition = shapes
    model.save(frozen, tmp_path / "bundle", dataset=dataset, partition=partition)
    card = (tmp_path / "bundle" / "README.md").read_text(encoding="utf-8")
    assert f"of {len(frozen.neighbours)} pictures file names, short digests and features" in card
    assert "of all that it was trained and reported on short digests" in card
