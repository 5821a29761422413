"""Features are computed once for each picture's content, and again only for a reason."""

from __future__ import annotations

import importlib
from dataclasses import replace

import numpy as np
import pytest

from headstart import backbone, cache, data
from headstart.errors import OutputError
from headstart.extraction import extract, extract_beside
from headstart.extraction import extract as room_function
from headstart.runtime import Execution, Trunk, resolve
from tests.cli.conftest import tree

assert room_function is extract


@pytest.fixture(scope="module")
def network():
    return backbone.load("demo-cnn")


@pytest.fixture
def counted(monkeypatch):
    """Counts the pictures that are decoded for a network."""
    module = importlib.import_module("headstart.extraction.extract")
    counts = []
    original = module._prepare

    def prepared(network, paths, *execution):
        counts.append(len(paths))
        return original(network, paths, *execution)

    monkeypatch.setattr(module, "_prepare", prepared)
    return counts


@pytest.fixture
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "headstart" / "features"


def _set(tmp_path, each=14):
    return data.load(tree(tmp_path / "pictures", each=each)).dataset


def test_ten_new_pictures_cost_ten(network, counted, own_cache, tmp_path):
    dataset = _set(tmp_path)
    first = extract(dataset, np.arange(18), network)
    again = extract(dataset, np.arange(28), network)
    third = extract(dataset, np.arange(28), network)
    assert counted == [18, 10]
    for cut in first.x:
        np.testing.assert_array_equal(first.x[cut], again.x[cut][:18])
        np.testing.assert_array_equal(again.x[cut], third.x[cut])


def test_pictures_are_decoded_once_for_a_network_and_its_random_copies(network, counted, own_cache, tmp_path):
    dataset, index = _set(tmp_path), np.arange(28)
    together = extract_beside(dataset, index, network, (None, 0, 1))
    assert counted == [28]
    assert [features.logits is None for features in together] == [False, True, True]
    for draw, features in zip((None, 0, 1), together, strict=True):
        apart = extract(dataset, index, network, draw=draw, execution=Execution(keep="none"))
        for cut in features.x:
            np.testing.assert_array_equal(features.x[cut], apart.x[cut])
    assert not np.array_equal(together[1].x["conv2"], together[2].x["conv2"])
    extract_beside(dataset, index[:5], network, (1, None))
    assert counted == [28] * 4


def test_rows_follow_the_index(network, own_cache, tmp_path):
    dataset = _set(tmp_path)
    straight, turned = (extract(dataset, index, network) for index in (np.arange(28), np.arange(28)[::-1]))
    np.testing.assert_array_equal(straight.x["conv2"], turned.x["conv2"][::-1])
    assert straight.logits is not None
    assert straight.logits.shape == (28, network.source.num_classes)


@pytest.mark.parametrize("change", ["weights_sha256", "preprocess"])
def test_other_weights_or_preparation_are_other_features(change, network, counted, own_cache, tmp_path):
    dataset = _set(tmp_path)
    value = {"weights_sha256": "0" * 64, "preprocess": replace(network.preprocess, mean=(0.4, 0.4, 0.4))}[
        change
    ]
    extract(dataset, np.arange(28), network)
    extract(dataset, np.arange(28), replace(network, **{change: value}))
    assert counted == [28, 28]


def test_a_damaged_shard_is_computed_anew(network, counted, own_cache, tmp_path):
    dataset = _set(tmp_path)
    before = extract(dataset, np.arange(28), network)
    (shard,) = own_cache.rglob("*.shard")
    shard.write_bytes(shard.read_bytes()[:-8] + b"12345678")
    after = extract(dataset, np.arange(28), network)
    assert counted == [28, 28]
    np.testing.assert_array_equal(before.x["conv3"], after.x["conv3"])


def test_a_cache_that_cannot_be_written_is_done_without(network, own_cache, tmp_path, monkeypatch):
    dataset = _set(tmp_path)
    kept = extract(dataset, np.arange(28), network, execution=Execution(keep="none"))

    def refuse(*_):
        raise OutputError("read-only")

    monkeypatch.setattr(cache, "folder", refuse)
    free = extract(dataset, np.arange(28), network)
    np.testing.assert_array_equal(kept.x["conv1"], free.x["conv1"])


def test_features_of_torch_are_those_of_its_version(monkeypatch, network):
    """A network in the box needs no torch; where torch runs it all the same, another torch may have other digits."""
    module, trunk = importlib.import_module("headstart.extraction.extract"), Trunk(network, network.stages)

    def keys(version: str) -> list[str]:
        monkeypatch.setattr(module, "version", lambda package: version)
        return [module._key(trunk, resolve(Execution(runtime=name))) for name in ("torch", "openvino")]

    (torch_1, openvino_1), (torch_2, openvino_2) = keys("1"), keys("2")
    assert torch_1 != torch_2
    assert openvino_1 == openvino_2


def test_random_copies_may_be_asked_of_a_part(network, counted, own_cache, tmp_path):
    dataset, index, part = _set(tmp_path), np.arange(28), np.array([3, 20, 7])
    there = Execution(device="cpu", keep="none")  # an accelerator's sums depend on what else is in a batch
    own, copy = extract_beside(dataset, index, network, (None, 0), execution=there, part=part)
    assert sorted(counted) == [3, 25]
    assert (len(own), len(copy)) == (28, 3)
    for cut in own.x:
        whole = extract(dataset, index, network, execution=there)
        np.testing.assert_array_equal(own.x[cut], whole.x[cut])
        apart = extract(dataset, index[part], network, draw=0, execution=there)
        np.testing.assert_array_equal(copy.x[cut], apart.x[cut])
