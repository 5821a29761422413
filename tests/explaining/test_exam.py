"""The exam: a map of what matters passes, any other does not; a planted shortcut is found."""

from __future__ import annotations

import numpy as np
import pytest

import headstart
from headstart.explaining import exam
from headstart.explaining.exam import Deletion
from headstart.explaining.explained import explain
from headstart.explaining.occlusion import occlusion
from headstart.explaining.subject import Subject
from headstart.runtime import Execution
from tests.explaining.conftest import model_of, noise

GREY = np.array([128, 128, 128], np.uint8)
SIDE, BOX = 64, slice(4, 16)


def asked(frames: np.ndarray) -> np.ndarray:
    """A model that looks at one square only: the redder, the likelier is class 0."""
    red = frames[:, BOX, BOX, 0].mean((1, 2)) / 255
    return np.stack([red, 1 - red], axis=1).astype(np.float32)


@pytest.fixture
def frames() -> np.ndarray:
    made = np.random.default_rng(0).integers(0, 100, (3, SIDE, SIDE, 3), np.uint8)
    made[:, BOX, BOX, 0] = 255
    return made


def right(n: int) -> np.ndarray:
    grid = np.zeros((n, 8, 8), np.float32)
    grid[:, :2, :2] = 1
    return grid


def test_the_map_of_what_matters_beats_the_middle_and_its_opposite_does_not(frames) -> None:
    classes = np.zeros(3, np.int64)
    middle = np.broadcast_to(exam.centre(8), (3, 8, 8))
    scores = [
        exam.deletion(asked, frames, maps, classes, grey=GREY) for maps in (right(3), middle, -right(3))
    ]
    assert (scores[0] < scores[1]).all()
    assert (scores[1] < scores[2]).all()
    put = [exam.insertion(asked, frames, maps, classes) for maps in (right(3), middle, -right(3))]
    assert (put[0] > put[1]).all()
    assert (put[1] > put[2]).all()


def test_equal_is_not_enough() -> None:
    assert Deletion(0.4, 0.5).trusted
    assert not Deletion(0.5, 0.5).trusted


def test_occlusion_finds_the_square(frames) -> None:
    found = occlusion(asked, frames, np.zeros(3, np.int64), 8, grey=GREY)
    for grid in found:
        assert max(np.unravel_index(grid.argmax(), grid.shape)) <= 1
        assert grid[4:, 4:].max() == pytest.approx(0, abs=1e-6)


def test_the_strongest_share_of_equals_is_the_first() -> None:
    assert exam.strongest(np.zeros((1, 4, 4)), 0.25)[0].sum() == 4
    assert exam.strongest(np.zeros((1, 4, 4)), 0.0)[0].sum() == 1


def test_rank_correlation() -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 4))
    np.testing.assert_allclose(exam.rank_correlation(x, np.exp(x)), 1)
    np.testing.assert_allclose(exam.rank_correlation(x, -x), -1)


def test_random_weights_change_the_map(network) -> None:
    """Adebayo et al. 2018: the head's weights are what the map is made of."""
    model = model_of(network("small"), "stage1+stage4", "avgstd")
    other = model_of(network("small"), "stage1+stage4", "avgstd", seed=1)
    frames = noise(model.backbone, 4)
    maps = [
        np.stack(
            [
                one.map
                for one in explain(Subject(each), frames, list("abcd"), classes=[0] * 4, against=[1] * 4)
            ]
        )
        for each in (model, other)
    ]
    assert abs(exam.rank_correlation(*maps).mean()) < 0.5


@pytest.fixture(scope="module")
def shortcut() -> tuple[headstart.Run, np.ndarray]:
    """A run on noise, where a magenta square in the corner is all that makes a picture "marked"."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (80, SIDE, SIDE, 3), np.uint8)
    labels = ["marked" if i % 2 else "plain" for i in range(80)]
    for i in range(1, 80, 2):
        pictures[i, BOX, BOX] = (255, 0, 255)
    run = headstart.train((list(pictures), labels), backbone="small", case=2, cut="stage2")
    fresh = rng.integers(0, 256, (30, SIDE, SIDE, 3), np.uint8)
    fresh[:, BOX, BOX] = (255, 0, 255)
    return run, fresh


@pytest.mark.parametrize("method", ["cam", "hirescam", "occlusion"])
def test_a_planted_shortcut_is_found(shortcut, method) -> None:
    run, frames = shortcut
    told = explain(Subject(run.model), frames, [str(i) for i in range(30)], method=method)
    named = [one for one in told if one.label == "marked"]
    assert len(named) > 20
    hits = [max(np.unravel_index(one.map.argmax(), one.map.shape)) <= 1 for one in named]
    assert np.mean(hits) >= 0.95
    assert np.mean([one.trusted for one in named]) >= 0.95


def test_an_explanation_comes_back_from_its_json(shortcut) -> None:
    run, frames = shortcut
    (told,) = explain(Subject(run.model), frames[:1], ["a"])
    again = type(told).from_dict(told.to_dict())
    assert again.to_dict() == told.to_dict()
    assert told.map.sum() == pytest.approx(told.score, abs=1e-3)
    assert len(told.nearest) == 3


def test_a_bundle_without_a_runtime_that_knows_tails_is_explained_by_torch(network) -> None:
    model = model_of(network("convnext_atto"), "pre_logits", "avg")
    (told,) = explain(Subject(model, Execution("openvino")), noise(model.backbone, 1), ["a"])
    assert (told.method, told.stage) == ("hirescam", "stages.3")
