"""Augmented views, and the stream of batches that they come in."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from headstart.data.decode import decode, read_bytes
from headstart.data.preprocess import Preprocess
from headstart.planning.recipe import Recipe
from headstart.training.batches import Pictures, _recoloured, augmented, cut_mixed, mixed, mixed_up, order
from headstart.training.learner import Learner
from headstart.training.optimizers import ParameterGroup

PREPROCESS = Preprocess(32, 40, "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
KINDS = ("light", "crop", "colour")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(40, 40), (41, 90), (300, 40), (1, 1), (1, 50), (8, 8)])
def test_the_view_has_the_networks_size_whatever_the_picture(kind, shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for draw in range(20):
        view = augmented(picture, PREPROCESS, np.random.default_rng(draw), kind)
        assert view.shape == (32, 32, 3)
        assert view.dtype == np.uint8


@pytest.mark.parametrize("kind", KINDS)
def test_the_view_follows_its_generator_and_leaves_the_picture_alone(kind):
    picture = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    before = picture.copy()
    first, again, other = (
        augmented(picture, PREPROCESS, np.random.default_rng([1, 2, draw]), kind) for draw in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(picture, before)


def test_light_never_mirrors():
    """A ramp from dark to light keeps its direction under "light", and loses it in half of the other views."""
    ramp = np.broadcast_to(np.linspace(0, 255, 64, dtype=np.uint8)[None, :, None], (64, 64, 3)).copy()
    mirrored = dict.fromkeys(KINDS, 0)
    for kind in KINDS:
        for draw in range(200):
            view = augmented(ramp, PREPROCESS, np.random.default_rng(draw), kind).astype(int)
            mirrored[kind] += bool(view[:, 0].mean() > view[:, -1].mean())
    assert mirrored["light"] == 0
    assert 70 <= mirrored["crop"] <= 130
    assert 70 <= mirrored["colour"] <= 130


@pytest.mark.parametrize("kind", ["light", "crop"])
def test_every_other_view_is_the_picture_as_it_will_be_asked_about_moved_by_whole_pixels(kind):
    """Their middles are found in the prepared picture or its mirror image bit for bit; those of crops are not."""
    picture = np.random.default_rng(0).integers(0, 256, (60, 50, 3), dtype=np.uint8)
    asked = PREPROCESS.frame(picture)
    places = [(y, x) for y in range(9) for x in range(9)]
    moved = 0
    for draw in range(200):
        view = augmented(picture, PREPROCESS, np.random.default_rng(draw), kind)[4:-4, 4:-4]
        moved += any(
            np.array_equal(view, side[y : y + 24, x : x + 24])
            for side in (asked, asked[:, ::-1])
            for y, x in places
        )
    assert 70 <= moved <= 130


def test_batches_come_in_the_order_asked_for(shapes):
    dataset, _ = shapes
    parts = order(np.arange(20), 0, 0, 3)
    seen = [index for index, _ in Pictures(dataset.paths, PREPROCESS, 3).batches(parts, 0, 0, "none")]
    assert all(np.array_equal(a, b) for a, b in zip(seen, parts, strict=True))


def test_without_augmentation_a_picture_is_prepared_as_for_prediction(shapes):
    dataset, _ = shapes
    pictures = Pictures(dataset.paths, PREPROCESS, 1)
    ((_, batch),) = pictures.batches([np.array([5])], 0, 0, "none")
    assert batch.dtype == np.uint8
    assert np.array_equal(batch[0], PREPROCESS.frame(decode(read_bytes(dataset.paths[5]))))


@pytest.mark.parametrize("shape", [(427, 640), (640, 427), (41, 97), (40, 41), (30, 33)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_what_is_kept_of_a_picture_is_framed_as_the_picture_itself(shape, interpolation):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    preprocess = Preprocess(32, 40, interpolation, (0.5,) * 3, (0.5,) * 3)
    kept = preprocess.shrunk(picture)
    assert min(kept.shape[:2]) == min(40, *shape)
    assert np.array_equal(preprocess.frame(kept), preprocess.frame(picture))


def test_sizes_up_to_seventy_split_evenly_and_leave_none_alone():
    for n in range(2, 70):
        for batch_size in range(2, n + 2):
            sizes = [len(part) for part in order(np.arange(n), 0, 0, batch_size)]
            assert min(sizes) > 1, (n, batch_size)
            assert max(sizes) - min(sizes) <= 1, (n, batch_size)


def test_cutmix_pastes_a_patch_of_the_mirror_place_and_counts_its_area():
    pictures = np.stack([np.full((16, 16, 3), value, np.uint8) for value in (10, 20, 30, 40)])
    shares = []
    for draw in range(200):
        patched, own = cut_mixed(pictures, np.random.default_rng(draw))
        for place, picture in enumerate(patched):
            values = {10 * (place + 1), 10 * (4 - place)}
            assert set(np.unique(picture)) <= values
            assert (picture == 10 * (place + 1)).mean() == pytest.approx(own)
        shares.append(own)
    assert np.array_equal(pictures[:, 0, 0, 0], [10, 20, 30, 40])  # the pictures themselves stay
    assert min(shares) < 0.3
    assert max(shares) > 0.9


def test_mixup_blends_with_the_mirror_place_by_its_share():
    pictures = np.stack([np.full((8, 8, 3), value, np.uint8) for value in (0, 100, 200, 250)])
    shares = []
    for draw in range(200):
        blend, own = mixed_up(pictures, np.random.default_rng(draw))
        expected = own * pictures.astype(float) + (1 - own) * pictures[::-1].astype(float)
        assert np.abs(blend - expected).max() <= 0.51
        shares.append(own)
    assert 0.4 < np.mean(shares) < 0.6
    assert min(shares) < 0.1
    assert max(shares) > 0.9


def test_each_batch_is_patched_or_blended_or_left_alone_by_the_shares():
    pictures = np.stack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 200, np.uint8)])
    kinds = {"whole": 0, "patched": 0, "blended": 0}
    for draw in range(400):
        views, own = mixed(pictures, 0.3, 0.5, np.random.default_rng(draw))
        patched = set(np.unique(views)) <= {0, 200}
        kinds["whole" if own == 1 else "patched" if patched else "blended"] += 1
    assert 0.15 < kinds["whole"] / 400 < 0.3
    assert 0.2 < kinds["patched"] / 400 < 0.37
    assert 0.42 < kinds["blended"] / 400 < 0.58
    assert mixed(pictures, 0.0, 0.0, np.random.default_rng(0))[0] is pictures


def test_colour_changes_brightness_contrast_and_saturation_within_bounds():
    """Two flat halves of one hue: their mean tells the brightness, their difference the contrast."""
    picture = np.empty((24, 24, 3), np.uint8)
    picture[:12], picture[12:] = (90, 60, 60), (120, 80, 80)
    preprocess = Preprocess(24, 24, "bicubic", (0.5,) * 3, (0.5,) * 3)
    changes = []
    for draw in range(300):
        view = _recoloured(preprocess.frame(picture), np.random.default_rng(draw)).astype(float)
        dark, light = view[0, 0], view[-1, 0]
        assert (view[:12] == dark).all()  # what is where stays
        assert (view[12:] == light).all()
        grey = [float(colour @ (0.299, 0.587, 0.114)) for colour in (dark, light)]
        changes.append(
            (sum(grey) / 160.6, (grey[1] - grey[0]) / 23.0, (dark[0] - dark[1] + light[0] - light[1]) / 70)
        )
    brightness, contrast, saturation = np.array(changes).T
    untouched = np.isclose(brightness, 1, atol=0.02) & np.isclose(contrast, 1, atol=0.1)
    assert 0.15 < untouched.mean() < 0.35
    assert 0.58 < brightness.min() < 0.7
    assert 1.3 < brightness.max() < 1.42
    for value, bound in ((contrast, 1.4**2), (saturation, 1.4**3)):
        assert value.max() <= bound * 1.1
        assert np.std(value) > 0.15


def test_colour_leaves_grey_pictures_grey():
    picture = np.repeat(np.random.default_rng(3).integers(60, 160, (24, 24, 1), dtype=np.uint8), 3, axis=2)
    for draw in range(50):
        view = _recoloured(picture, np.random.default_rng(draw)).astype(int)
        assert int(np.ptp(view, axis=2).max()) <= 1


def test_mixed_labels_weigh_as_much_as_their_pictures():
    """The mirror place's label counts with the patch's share of the area."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    groups = [ParameterGroup(list(network.parameters()))]
    task = SimpleNamespace(class_weights=None)
    learner = Learner(network, groups, task, Recipe(label_smoothing=0.1), torch.device("cpu"), "training")
    x, y = torch.randn(4, 3, 2, 2), torch.tensor([0, 1, 2, 0])
    logits = network(x)

    def entropy(labels: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(logits, labels, label_smoothing=0.1)

    assert torch.allclose(learner.loss(x, y, 1.0), entropy(y))
    assert torch.allclose(learner.loss(x, y, 0.3), 0.3 * entropy(y) + 0.7 * entropy(y.flip(0)))
