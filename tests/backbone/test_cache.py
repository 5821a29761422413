"""What is known of a network is known again without making it, and nothing damaged is believed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from headstart import backbone
from headstart.backbone import cache as networks
from headstart.backbone import zoo
from headstart.backbone.folder import SHIPPED


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "headstart"


@pytest.fixture
def mine(tmp_path) -> str:
    """A backbone in a folder, which is in no box."""
    return str(shutil.copytree(SHIPPED / "demo-cnn", tmp_path / "mine"))


@pytest.fixture
def made(monkeypatch):
    """How often a network is made."""
    count = []
    load = zoo.load

    def counted(*args, **more):
        count.append(args)
        return load(*args, **more)

    monkeypatch.setattr(zoo, "load", counted)
    return count


def test_a_network_is_made_once_and_again_only_where_it_is_asked_for_otherwise(cache, made, mine):
    first = backbone.load(mine)
    assert backbone.load(mine) == first
    assert backbone.load(mine, taps=("conv2",)) == first  # one of its own cuts
    assert len(made) == 1
    other = backbone.load(mine, preprocess={"interpolation": "bilinear"})
    assert other.preprocess.interpolation == "bilinear"
    assert len(made) == 2


@pytest.mark.parametrize("part", ["backbones", "weights"])
def test_what_is_deleted_is_made_again(cache, made, mine, part):
    first = backbone.load(mine)
    for path in (cache / part).iterdir():
        path.unlink()
    assert backbone.load(mine) == first
    assert len(made) == 2
    assert networks.state(first) is not None


def test_a_damaged_record_is_made_again(cache, made, mine):
    first = backbone.load(mine)
    (record,) = (cache / "backbones").iterdir()
    record.write_text("{}", encoding="utf-8")
    assert backbone.load(mine) == first
    assert len(made) == 2


def test_damaged_weights_are_not_used_and_come_back(cache, made, mine):
    first = backbone.load(mine)
    kept = networks.state(first)
    assert kept is not None
    (weights,) = (cache / "weights").iterdir()
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert networks.state(first) is None
    backbone.load(mine)
    again = networks.state(first)
    assert again is not None
    assert all(np.array_equal(again[name], tensor) for name, tensor in kept.items())
    assert len(made) == 2


def test_networks_in_the_box_are_neither_made_nor_kept(cache, made):
    found = backbone.load("demo-cnn", image_size=32, taps=("conv2",))
    assert found.stage_names == ("conv1", "conv2", "conv3")
    assert networks.state(found) is not None
    assert not made
    assert not cache.exists()
