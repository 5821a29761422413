"""Pictures that are looked at are made ready for the network, and are what a second decoding would give."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from headstart import data
from headstart.data import decode
from headstart.extraction import extract
from tests.cli.conftest import tree

SMALL = data.Preprocess(32, 36, "bicubic", (0.5,) * 3, (0.5,) * 3)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """12 pictures; those of class b are JPEGs so large that a network's are decoded at a part of their sides."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rng, root = np.random.default_rng(0), tmp_path / "photos"
    for name, shape in (("a", (50, 60, 3)), ("b", (200, 300, 3))):
        (root / name).mkdir(parents=True)
        for number in range(6):
            picture = Image.fromarray(rng.integers(0, 256, shape, np.uint8)).resize(shape[1::-1])
            picture.save(root / name / f"{number}.jpg")
    return root


def ready(dataset, pictures, preprocess):
    return np.concatenate([batch for _, batch in data.frames(pictures, preprocess)])


def test_a_kept_frame_is_what_a_second_decoding_gives(photos):
    frames = data.Frames(SMALL)
    dataset = data.load(photos, frames=frames).dataset
    kept = [dataset.prepared(digest, SMALL) for digest in dataset.digests]
    assert [frame is not None for frame in kept] == [True] * 6 + [False] * 6
    some = ready(dataset, dataset.pictures[:6], SMALL)
    np.testing.assert_array_equal(np.stack(kept[:6]), some)
    np.testing.assert_array_equal(ready(dataset, kept[:6], SMALL), some)


def test_no_more_is_kept_than_was_allowed_and_all_can_be_given_back(photos):
    frames = data.Frames(SMALL, limit=4 * 3 * 32 * 32)
    dataset = data.load(photos, frames=frames).dataset
    assert 4 <= len(frames) <= 4 + 2  # threads may note one each at the same moment
    dataset.forget_frames()
    assert len(frames) == 0


def test_another_preparation_finds_nothing(photos):
    dataset = data.load(photos, frames=data.Frames(SMALL)).dataset
    assert dataset.prepared(dataset.digests[0], SMALL.at(16)) is None
    assert dataset.take([0]).prepared(dataset.digests[0], SMALL) is not None


def test_pictures_are_decoded_once_and_their_features_stay_the_same(tmp_path, monkeypatch):
    from headstart import backbone
    from headstart.runtime import Execution

    network = backbone.load("demo-cnn")
    root = tree(tmp_path / "data", each=6)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "one"))
    plain = data.load(root).dataset
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "two"))
    dataset = data.load(root, frames=data.Frames(network.preprocess)).dataset
    index = np.arange(len(dataset))
    before = extract(plain, index, network, execution=Execution(keep="none"))
    opened = []
    monkeypatch.setattr(decode, "_open", lambda content: opened.append(content))
    after = extract(dataset, index, network, execution=Execution(keep="none"))
    assert opened == []
    for cut in network.stage_names:
        np.testing.assert_array_equal(before.x[cut], after.x[cut])
