"""headstart.features: the network as feature extractor, for pictures without labels."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart import backbone, data
from headstart.errors import BackboneError, DataError, PictureError
from headstart.extraction import extract
from headstart.extraction.cuts import feature_names
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return sorted(tree(tmp_path_factory.mktemp("shapes") / "data", each=4).rglob("*.png"))


@pytest.fixture(scope="module")
def network():
    return backbone.load("demo-cnn")


@pytest.mark.parametrize(
    ("cut", "pool"),
    [
        (None, None),
        ("conv2", None),
        ("conv2", "avg"),
        ("conv1+conv2", None),
        (["conv2", "conv1"], None),
    ],
)
def test_they_are_those_of_the_network_at_the_cut(cut, pool, paths, network):
    dataset = data.load(paths[0].parents[1]).dataset
    found = headstart.features(dataset.pictures, backbone="demo-cnn", cut=cut, pool=pool)
    cuts = [network.top.name] if cut is None else sorted(cut.split("+") if isinstance(cut, str) else cut)
    channels = {stage.name: stage.channels for stage in network.stages}
    at = {stage.name: stage for stage in network.stages}
    spatial = any(at[name].spatial for name in cuts)
    expected = extract(dataset, np.arange(8), network).at(
        cuts, pool or ("avgstd" if spatial else "avg"), channels
    )
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    if cut is not None:
        assert found.shape == (8, sum(channels[name] for name in cuts) * (1 if pool == "avg" else 2))
    assert len(feature_names(network, cuts, pool or ("avgstd" if spatial else "avg"))) == found.shape[1]


def test_order_is_kept_and_copies_are_allowed(paths, network):
    straight = headstart.features(paths, backbone=network, cut="conv1")
    order = [3, 0, 3, 7, 7]
    np.testing.assert_array_equal(
        headstart.features([paths[i] for i in order], backbone=network, cut="conv1"), straight[order]
    )


def test_pictures_of_every_kind_give_the_same(paths, network):
    arrays = [np.asarray(Image.open(path)) for path in paths]
    expected = headstart.features(paths, backbone=network)
    for pictures in (
        arrays,
        np.stack(arrays),
        [path.read_bytes() for path in paths],
        [*arrays[:4], *paths[4:]],
    ):
        np.testing.assert_array_equal(headstart.features(pictures, backbone=network), expected)
    np.testing.assert_array_equal(headstart.features(paths[2], backbone=network), expected[2:3])


def test_no_pictures_are_no_rows(network):
    assert headstart.features([], backbone=network, cut="conv2").shape == (
        0,
        2 * network.stage("conv2").channels,
    )


def test_what_cannot_be_used_is_named(paths, network):
    for pictures, kind, words in (
        ([paths[0], b"no"], PictureError, r"pictures\[1\]: not a picture"),
        ([paths[0], "gone.png"], PictureError, r"gone\.png: no such file"),
        ([paths[0], 3], DataError, r"pictures\[1\]: of type int"),
    ):
        with pytest.raises(kind, match=words):
            headstart.features(pictures, backbone=network)
    for options, words in (
        ({"cut": "conv9"}, "conv9"),
        ({"pool": "max"}, "pool 'max': expected one of avg, avgstd"),
        ({"image_size": 33}, "image_size 33: demo-cnn is loaded already"),
    ):
        with pytest.raises(BackboneError, match=words):
            headstart.features(paths, backbone=network, **options)


def test_a_size_of_ones_own(paths):
    small = headstart.features(paths, backbone="small", image_size=32)
    assert small.shape == (8, backbone.load("small").top.channels)
    assert not np.array_equal(small, headstart.features(paths, backbone="small", image_size=48))


def test_the_name_is_the_function_whatever_is_loaded_first():
    code = (
        "import headstart; f = headstart.features; import headstart.extraction.store as s; import headstart.planning\n"
        "assert f is headstart.features and callable(f) and s.Store and callable(headstart.plan)\n"
        "from headstart import features, train; assert features is f and callable(train)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
