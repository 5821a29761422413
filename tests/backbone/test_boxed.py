"""Networks in the box are known without torch as torch would have it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from headstart import backbone
from headstart.backbone import boxed, describe, drawn, lite0, zoo
from headstart.backbone.spec import NetworkSpec
from headstart.errors import BackboneError, WeightsError

NAMES = boxed.names()
_WORDS = {"halves", "one_size"}  # what one pass of torch does not tell


def test_all_networks_that_ship_are_known():
    assert {"small", "demo-cnn"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_anatomy_that_ships_is_what_torch_finds(name):
    shipped = json.loads((boxed.folders.SHIPPED / name / boxed.ANATOMY).read_text(encoding="utf-8"))
    shipped.pop("checksum")
    assert shipped == json.loads(json.dumps(describe.described(name)))


@pytest.mark.parametrize("size", [None, 1, 3, 7, 14, 15, 16, 20, 31, 32, 33, 62, 65, 79, 100, 128, 223])
@pytest.mark.parametrize("name", NAMES)
def test_at_any_size_it_is_what_torch_finds(name, size):
    spec = NetworkSpec(name, image_size=size)
    try:
        expected, notes, _ = zoo.load(spec)
    except BackboneError:
        with pytest.raises(BackboneError, match="choose another --image-size"):
            boxed.find(spec)
        return
    found, said = boxed.find(spec) or pytest.fail("not in the box")
    assert found == expected
    assert len(said) == len(notes)
    for ours, theirs in zip(said, notes, strict=True):  # torch's own words for a refusal stand in brackets
        assert ours.partition(" (")[0] == theirs.partition(" (")[0]
        assert ours.rpartition(")")[2] == theirs.rpartition(")")[2]


@pytest.mark.parametrize("name", NAMES)
def test_its_tensors_are_those_of_the_torch_module(name):
    state = zoo.load(NetworkSpec(name))[2].state_dict()
    tensors = boxed.tensors(name)
    assert tensors.keys() == state.keys()
    for key, tensor in tensors.items():
        assert tensor.dtype == state[key].numpy().dtype
        np.testing.assert_array_equal(tensor, state[key].numpy())
    assert boxed.parameters(name) == zoo.parameters(name)


def test_what_is_asked_for_otherwise_is_heeded():
    found, _ = boxed.find(
        NetworkSpec("small", preprocess={"mean": (0.5,) * 3, "interpolation": "bilinear"}, taps=("stage2",))
    ) or pytest.fail("not in the box")
    assert found.preprocess.mean == (0.5, 0.5, 0.5)
    assert found.preprocess.interpolation == "bilinear"
    assert boxed.holds(found)


@pytest.mark.parametrize(
    "other",
    [
        NetworkSpec("timm:resnet18"),
        NetworkSpec("./small"),
        NetworkSpec("small", weights="some.safetensors"),
        NetworkSpec("small", model_kwargs={"num_classes": 3}),
        NetworkSpec("small", taps=("stage2.0",)),
    ],
)
def test_other_networks_weights_options_and_cuts_are_not_in_the_box(other):
    assert boxed.find(other) is None


def test_a_cut_of_its_own_makes_it_another_network():
    assert not boxed.holds(backbone.load("small", taps=("stage2.0",)))
    assert boxed.holds(backbone.load("small", image_size=48))


@pytest.mark.parametrize("name", NAMES)
def test_random_tensors_differ_by_draw_and_by_nothing_else(name):
    first, again, other = (drawn.tensors(name, draw) for draw in (0, 0, 1))
    assert {key: (t.shape, t.dtype) for key, t in first.items()} == {
        key: (t.shape, t.dtype) for key, t in boxed.tensors(name).items()
    }
    assert all(np.array_equal(first[key], again[key]) for key in first)
    assert all(np.array_equal(first[key], other[key]) == (first[key].ndim < 2) for key in first)


@pytest.mark.parametrize("name", NAMES)
def test_random_weights_are_as_large_as_torch_draws_them(name):
    """The classifier aside, which a copy that is a bar is never asked for."""
    module = zoo.build(backbone.load(name), pretrained=False, seed=0)
    ours, head = drawn.tensors(name, 0), backbone.load(name).head
    for key, theirs in module.state_dict().items():
        if theirs.ndim > 1 and not key.startswith(head):
            error = 4 * float(theirs.std()) / np.sqrt(theirs.numel())
            assert ours[key].std() == pytest.approx(float(theirs.std()), abs=error), key


def test_damaged_weights_are_refused_however_the_network_is_come_by(monkeypatch, tmp_path):
    """A bundle's backbone, or one read back from JSON, is not looked up by its name."""
    folders = boxed.folders
    shutil.copytree(folders.SHIPPED / "demo-cnn", tmp_path / "demo-cnn")
    monkeypatch.setattr(folders, "SHIPPED", tmp_path)
    weights = tmp_path / "demo-cnn" / "model.safetensors"
    assert boxed.tensors("demo-cnn")
    content = bytearray(weights.read_bytes())
    content[-5] ^= 0x40
    weights.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged"):
        boxed.tensors("demo-cnn")


def test_without_its_weights_it_is_drawn_all_the_same(monkeypatch):
    def lacks() -> None:
        raise WeightsError("no weights here")

    monkeypatch.setattr(lite0, "check", lacks)
    monkeypatch.setattr(lite0, "state", lacks)
    drawn_only = backbone.outline("lite0")
    assert drawn_only.weights_sha256 == ""
    assert drawn_only.stages == boxed.read("lite0").stages
    assert backbone.parameters("lite0") == 4_652_008
