"""look(): the patches show what excites a unit, each of another picture; probes are those of the evidence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from headstart import backbone as networks
from headstart import data
from headstart.backbone.filters import mosaic
from headstart.extraction import extract
from headstart.runtime import Execution, Trunk
from headstart.seeing.feature_maps import FeatureMaps
from headstart.seeing.layers import Layers
from headstart.seeing.look import look, probed
from headstart.seeing.prints import box_of, overlay, patch, shown_side
from headstart.seeing.receptive import EVERYTHING, Field
from headstart.seeing.responses import pooled, respond

SIDE = 64


def _dataset(each: int = 8):
    """A red square on grey noise in one class, a blue one in the other; where it lies is drawn anew each time."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(100, 140, (2 * each, SIDE, SIDE, 3)).astype(np.uint8)
    for number, one in enumerate(pictures):
        top, left = rng.integers(8, SIDE - 20, 2)
        one[top : top + 12, left : left + 12] = (220, 20, 20) if number < each else (20, 20, 220)
    labels = ["red"] * each + ["blue"] * each
    return data.load((list(pictures), labels)).dataset


@pytest.fixture(scope="module")
def network() -> FeatureMaps:
    found = networks.load("small")
    return FeatureMaps.through(Trunk(found, found.stages, Execution(device="cpu")))


@pytest.fixture(scope="module")
def looked(network: FeatureMaps):
    found = networks.load("small")
    return look(network, _dataset(), trunk=Trunk(found, found.stages))


def test_no_two_patches_of_a_unit_are_of_one_picture(looked) -> None:
    for layer in looked.layers.layers:
        assert layer.units
        for unit in layer.units:
            assert len({one.picture for one in unit.patches}) == len(unit.patches) == 8
            answers = [one.answer for one in unit.patches]
            assert answers == sorted(answers, reverse=True)


def test_copies_of_a_picture_count_once(network: FeatureMaps) -> None:
    dataset = _dataset(4)
    twice = dataset.take([*range(len(dataset)), *range(len(dataset))])
    found = look(network, twice).layers
    assert all(len(unit.patches) == len(dataset) for layer in found.layers for unit in layer.units)


def test_a_unit_for_one_class_is_shown_the_square_that_makes_the_class(looked) -> None:
    """Nothing else than the square tells the classes apart, so that it is what excites such a unit."""
    layer = next(layer for layer in looked.layers.layers if layer.name == "stage1")
    dataset, shown = _dataset(), []
    frames = {path: picture.content for path, picture in zip(dataset.paths, dataset.pictures, strict=True)}
    for unit in layer.units:
        if len({one.label for one in unit.patches}) == 1:
            for one in unit.patches:
                left, top, right, bottom = one.box
                part = frames[one.picture][top:bottom, left:right].astype(int)
                shown.append(bool((part.max(axis=2) - part.min(axis=2) > 150).any()))
    assert len(shown) >= 8
    assert np.mean(shown) > 0.9


def test_a_patch_is_strongest_where_the_map_says(network: FeatureMaps) -> None:
    dataset = _dataset()
    found = look(network, dataset).layers
    frames = {path: picture.content for path, picture in zip(dataset.paths, dataset.pictures, strict=True)}
    for place, layer in enumerate(found.layers):
        one = layer.units[0].patches[0]
        x = network.at(np.stack([frames[one.picture]]))[place][0, layer.units[0].number]
        assert x[one.place] == pytest.approx(one.answer, rel=1e-4) == pytest.approx(x.max(), rel=1e-4)


def test_probes_are_those_of_the_evidence(network: FeatureMaps) -> None:
    """The same features give the same accuracies as `plan` measures."""
    dataset = _dataset()
    found = respond(network, dataset)
    features = extract(dataset, np.arange(len(dataset)), network.backbone)
    for name, x in pooled(found).x.items():
        np.testing.assert_allclose(x, features.x[name], rtol=2e-3, atol=2e-4)
    scores = probed(found, dataset, 0)
    assert list(scores) == list(network.backbone.stage_names)
    assert max(score.accuracy for score in scores.values()) == 1


def test_one_class_has_patches_and_no_probe(network: FeatureMaps) -> None:
    dataset = _dataset()
    found = look(network, dataset.take(np.flatnonzero(dataset.labels == 0))).layers
    assert all(layer.accuracy is None and layer.units for layer in found.layers)


def test_a_picture_alone_has_maps_and_no_patches(network: FeatureMaps) -> None:
    found = look(network, None, _dataset().pictures[0], stages=["stage2"])
    (layer,) = found.layers.layers
    assert (layer.name, layer.units, found.layers.pictures) == ("stage2", (), 0)
    assert layer.strongest
    assert all(("stage2", unit) in found.prints.maps for unit in layer.strongest)
    with pytest.raises(ValueError, match="a data set, a picture"):
        look(network)


def test_the_numbers_survive_json(looked) -> None:
    assert Layers.from_dict(json.loads(json.dumps(looked.layers.to_dict()))) == looked.layers


def test_filters_are_the_weights(looked) -> None:
    from headstart.backbone import boxed

    weights = boxed.tensors("small")["stem.0.weight"]
    np.testing.assert_array_equal(looked.prints.filters, mosaic(weights, pixels=32 // weights.shape[-1]))


def test_what_is_cut_out_is_the_field_or_half_the_frame_at_most() -> None:
    narrow = Field(8, -10, 27, False, -2, 9)
    assert box_of(narrow, (0, 3), 64) == (14, 0, 41, 17)
    wide = Field(16, -80, 200, False, -20, 56)
    assert shown_side(wide, 224) == 56
    left, top, right, bottom = box_of(wide, (0, 13), 224)
    assert (right - left, bottom - top, right, top) == (56, 56, 224, 0)
    assert shown_side(Field(32, 0, 0, True, -90, 210), 224) == 112
    assert box_of(EVERYTHING, (0, 0), 64) == (0, 0, 64, 64)


def test_a_small_patch_stands_among_what_lies_around_it_with_a_line() -> None:
    frame = np.full((224, 224, 3), 90, np.uint8)
    made = patch(frame, (100, 100, 107, 107), 7)
    assert made.shape == (96, 96, 3)
    assert set(np.unique(made)) == {0, 90, 255}
    assert set(np.unique(patch(frame, (0, 0, 112, 112), 112))) == {90}


def test_an_overlay_is_bright_where_the_unit_answers() -> None:
    frame, x = np.full((64, 64, 3), 120, np.uint8), np.zeros((8, 8), np.float32)
    x[1, 6] = 5
    made = overlay(frame, x).astype(int)
    row, column = np.unravel_index(made.sum(axis=2).argmax(), made.shape[:2])
    assert row < 40
    assert column > 70
    assert made[-1, 0].max() < 100
