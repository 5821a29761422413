"""A time limit bounds all gradient training of a call, within an epoch too; by a clock that only steps move."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from headstart.planning.recipe import Recipe
from headstart.training import loop, surgery
from headstart.training.batches import Pictures
from headstart.training.fit import fit
from headstart.training.loop import Settings, Task

STEP, SCORED = 1.0, 0.05  # seconds: of a batch that is trained on, of a picture that is scored


@pytest.fixture
def moved(monkeypatch):
    """moved() → the seconds that have passed: batches take time to come, and nothing else does."""
    seconds, batches = [0.0], Pictures.batches

    def timed(self, parts, seed, epoch, augment, size=0):
        for index, pictures in batches(self, parts, seed, epoch, augment, size):
            seconds[0] += STEP if augment != "none" else SCORED * len(index)
            yield index, pictures

    monkeypatch.setattr(Pictures, "batches", timed)
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    return lambda: seconds[0]


def _trained(backbone, plan, shapes, recipe, settings):
    dataset, parts = shapes
    network = surgery.operate(plan, backbone, 3)
    pictures = Pictures(dataset.paths, backbone.preprocess, 2)
    task = Task(pictures, backbone.preprocess, dataset.labels, parts.train[:-9], parts.train[-9:])
    groups = surgery.parameter_groups(network, plan, backbone)
    return loop.train(network, groups, task, recipe, 0, settings, "training")


@pytest.mark.parametrize("limit", [8.0, 30.0, 58.0])
def test_training_ends_within_an_epoch_when_the_time_is_up(demo, planned, shapes, moved, said, limit):
    """An epoch of batches of two is 19 steps; what the limit holds is used, and passed by no more than a tenth."""
    recipe = Recipe(epochs=40, batch_size=2, lr=1e-3, precision="fp32")
    history = _trained(demo, planned(demo, 3), shapes, recipe, Settings(time_limit=limit))
    assert 0.75 * limit < moved() <= 1.1 * limit
    assert sum(epoch.steps for epoch in history) < 40 * 19
    assert history[-1].steps != 19
    assert said[-1].endswith("of 40 epochs, as many as the time limit held")


def test_the_rate_decays_to_nearly_nothing_where_the_time_ends(demo, planned, shapes, moved):
    recipe = Recipe(epochs=40, batch_size=2, lr=1e-3, precision="fp32")
    history = _trained(demo, planned(demo, 3), shapes, recipe, Settings(time_limit=30.0))
    assert history[-1].lr < 0.02 * recipe.lr


def test_a_limit_that_holds_everything_changes_nothing(demo, planned, shapes, moved):
    recipe = Recipe(epochs=2, batch_size=8, lr=1e-3, precision="fp32")
    free, bound = (
        _trained(demo, planned(demo, 3), shapes, recipe, Settings(time_limit=limit))
        for limit in (None, 500.0)
    )
    assert [replace(e, seconds=0.0) for e in free] == [replace(e, seconds=0.0) for e in bound]


def test_both_ways_of_training_share_the_limit_and_so_does_their_scoring(demo, planned, shapes, moved):
    plan = planned(
        demo,
        4,
        init="pretrained",
        fallback="both",
        recipe={"epochs": 40, "batch_size": 2, "precision": "fp32"},
    )
    fitted = fit(plan, demo, *shapes, settings=Settings(time_limit=30.0))
    assert {epoch.phase for epoch in fitted.history} == {"fine-tune", "scratch"}
    assert 22 < moved() <= 33


def test_decoding_is_inside_the_limit(demo, planned, shapes, moved, monkeypatch):
    """Pictures that take a second each: no more than a share of the limit goes for those that are not needed yet."""
    seen, decoded = [], Pictures.__getitem__

    def slow(self, index):
        seen.append(index)
        return decoded(self, index)

    monkeypatch.setattr(Pictures, "__getitem__", slow)
    monkeypatch.setattr("headstart.training.batches._WARM", 2)
    started = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: started() + len(set(seen)))
    recipe = Recipe(epochs=40, batch_size=2, lr=1e-3, precision="fp32")
    _trained(demo, planned(demo, 3), shapes, recipe, Settings(time_limit=40.0))
    assert 30 < time.monotonic() <= 44


def test_a_training_that_the_limit_cuts_to_less_than_half_has_nothing_expected_of_it(
    demo, planned, shapes, moved, said
):
    dataset, parts = shapes
    plan = planned(demo, 3, gain=(0.5, 0.01), recipe={"epochs": 40, "batch_size": 2, "precision": "fp32"})
    plan = replace(plan, pictures=parts.pictures_of(dataset))
    fitted = fit(plan, demo, dataset, parts, settings=Settings(time_limit=20.0))
    assert "expected" not in fitted.arms[1].note
    assert any("too few for the plan's gain to count" in line for line in said)
