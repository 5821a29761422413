"""The exact map: what places say adds up to the score, whatever the head reads and however it is pooled."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.explaining import cam
from headstart.explaining.explained import contrast, explain
from headstart.explaining.grid import enlarged, on_grid, squared
from headstart.explaining.hirescam import hirescam
from headstart.explaining.subject import Subject
from headstart.runtime import Execution
from tests.explaining.conftest import model_of, noise

READS = {
    "small": ("stage4", "pre_logits", "stem+stage2+stage4+pre_logits"),
    "lite0": ("blocks.4", "pre_logits", "blocks.0+blocks.6+pre_logits"),
    "demo-cnn": ("conv3", "fc1", "conv1+conv3+pre_logits"),
    "resnet18": ("layer3", "pre_logits", "layer1+layer4+pre_logits"),
    "convnext_atto": ("stages.3", "stages.1+stages.3"),
    "swin_tiny_patch4_window7_224": ("layers.3",),
    "vit_tiny_patch16_224": ("blocks.2",),
}


def subject_of(model) -> Subject:
    return Subject(model, Execution("openvino"))


def directions(subject: Subject, frames: np.ndarray) -> np.ndarray:
    found = subject.probabilities(frames)
    return contrast(found, found.argmax(1))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("pool", ["avg", "avgstd"])
@pytest.mark.parametrize(("name", "cut"), [(name, cut) for name, cuts in READS.items() for cut in cuts])
def test_the_map_sums_to_the_score(name, cut, pool, layers, network) -> None:
    model = model_of(network(name), cut, pool, layers)
    subject, frames = subject_of(model), noise(model.backbone)
    assert subject.traced
    maps, direction = subject.maps(frames), directions(subject, frames)
    (outputs,) = model.runtime(Execution("openvino")).stream([frames])
    np.testing.assert_allclose(subject.pooled(maps), np.concatenate(outputs, axis=1), rtol=2e-3, atol=2e-4)
    score = (model.head.logits(subject.pooled(maps)) * direction).sum(1)
    sums = cam.exact(subject, maps, direction)
    scale = np.abs(score).max() + sum(np.abs(part).sum((1, 2)).max() for part in sums.parts)
    for total in (sums.total(), sums.whole(14).sum((1, 2)), sums.whole(8).sum((1, 2))):
        np.testing.assert_allclose(total, score, atol=1e-4 * scale)
    assert any(part.std() > 0 for part in sums.parts)


@pytest.mark.parametrize(("name", "stage"), [("small", "stage4"), ("resnet18", "layer4")])
def test_hirescam_at_the_last_cut_is_the_exact_map_of_a_head_on_means(name, stage, network) -> None:
    model = model_of(network(name), stage, "avg")
    subject, frames = subject_of(model), noise(model.backbone)
    direction = directions(subject, frames)
    (part,) = cam.exact(subject, subject.maps(frames), direction).parts
    found = hirescam(model, model.cuts[-1], frames, direction)
    np.testing.assert_allclose(found, part, rtol=1e-3, atol=1e-5 * np.abs(part).max())


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("name", "below"), [("small", "stage4"), ("demo-cnn", "conv3")])
def test_above_relus_the_exact_map_is_torchs_gradient_times_activation(name, below, layers, network) -> None:
    model = model_of(network(name), "pre_logits", "avg", layers)
    subject, frames = subject_of(model), noise(model.backbone)
    direction = directions(subject, frames)
    (part,) = cam.exact(subject, subject.maps(frames), direction).parts
    found = hirescam(model, model.backbone.stage(below), frames, direction)
    np.testing.assert_allclose(found, part, rtol=2e-2, atol=1e-3 * np.abs(part).max())


def test_the_plain_bias_is_what_no_place_has(network) -> None:
    model = model_of(network("small"), "stem+stage4", "avgstd")
    subject, frames = subject_of(model), noise(model.backbone)
    direction = directions(subject, frames)
    sums = cam.exact(subject, subject.maps(frames), direction)
    bias = direction @ model.head.layers[0][1]
    np.testing.assert_allclose(sums.elsewhere, bias, atol=1e-4 * np.abs(sums.parts[0]).sum())


def test_a_norm_between_mean_and_head_is_no_sum(network) -> None:
    """ConvNeXt normalises its mean over places once more."""
    model = model_of(network("convnext_atto"), "pre_logits", "avg")
    assert not subject_of(model).traced


@pytest.mark.parametrize("old", [1, 2, 4, 7, 14, 17, 112])
@pytest.mark.parametrize("new", [8, 14])
def test_a_grid_keeps_the_sum_and_the_places(old: int, new: int) -> None:
    x = np.zeros((1, old, old), np.float32)
    x[0, 0, -1] = 3.0
    found = on_grid(x, new)[0]
    assert found.sum() == pytest.approx(3.0, rel=1e-5)
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert row < new / 2
    assert old == 1 or column >= new / 2
    np.testing.assert_allclose(enlarged(np.full((old, old), 2.0, np.float32), new), 2.0, rtol=1e-5)


def test_tokens_are_laid_out_as_the_square_they_came_from() -> None:
    x = np.arange(10, dtype=np.float32).reshape(1, 1, 10)
    maps, elsewhere = squared(x)
    np.testing.assert_array_equal(maps[0], np.arange(1, 10).reshape(3, 3))
    assert elsewhere.tolist() == [0.0]


def test_all_others_are_weighed_by_their_probability() -> None:
    found = np.array([[0.6, 0.3, 0.1], [1.0, 0.0, 0.0]], np.float32)
    np.testing.assert_allclose(
        contrast(found, np.array([0, 0])), [[1, -0.75, -0.25], [1, -0.5, -0.5]], rtol=1e-5
    )
    np.testing.assert_allclose(contrast(found, np.array([0, 0]), [2, None])[0], [1, 0, -1])


def test_the_network_for_torch_is_made_once(network, monkeypatch) -> None:
    model = model_of(network("small"), "stage4", "avg")
    made, original = [], type(model).network
    monkeypatch.setattr(type(model), "network", lambda self: made.append(1) or original(self))
    subject = Subject(model)
    for _ in range(2):
        explain(subject, noise(model.backbone, 1), ["a"], method="hirescam")
    assert len(made) == 1
