"""A run that was killed continues to the same bits."""

from __future__ import annotations

import pytest
import torch

from headstart.plan.plan import Recipe
from headstart.train import checkpoints, loop, surgery
from headstart.train.batches import Pictures
from headstart.train.loop import Settings, Task


class _Killed(Exception):
    pass


RECIPES = {
    "plain": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32"),
    "average": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32", ema=0.9),
    "patience": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32", patience=3),
    "both": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32", ema=0.9, patience=2),
}


def _run(backbone, plan, shapes, recipe, settings):
    dataset, parts = shapes
    network = surgery.operate(plan, backbone, 3)
    pictures = Pictures(dataset.paths, backbone.preprocess, 2)
    task = Task(pictures, backbone.preprocess, dataset.labels, parts.train[:-9], parts.train[-9:])
    history = loop.train(
        network, surgery.rates(network, plan, backbone), task, recipe, 5, settings, "training"
    )
    return network.state_dict(), [{k: v for k, v in row.items() if k != "seconds"} for row in history]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_resumed_equals_straight(demo, planned, shapes, recipe, tmp_path, monkeypatch, said):
    monkeypatch.setattr(loop, "_PACE", 0)
    plan = planned(demo, 3)
    straight, history = _run(demo, plan, shapes, recipe, Settings())

    def kill(record):
        if record["epoch"] == 3:
            raise _Killed

    folder = tmp_path / "checkpoint"
    with pytest.raises(_Killed):
        _run(demo, plan, shapes, recipe, Settings(checkpoints=folder, on_epoch=kill))
    resumed, again = _run(demo, plan, shapes, recipe, Settings(checkpoints=folder, resume=True))
    assert again == history
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)
    assert said == ["training: 3 of 4 epochs are done; it goes on with epoch 4"]


def test_a_finished_run_says_so_when_it_is_resumed(demo, planned, shapes, tmp_path, said):
    recipe = Recipe(epochs=1, batch_size=16, precision="fp32")
    for resume in (False, True):
        settings = Settings(checkpoints=tmp_path, resume=resume)
        _run(demo, planned(demo, 3), shapes, recipe, settings)
    assert said == ["training: 1 of 1 epochs are done; nothing is left to train"]


def test_checkpoints_keep_their_pace(demo, planned, shapes, tmp_path, monkeypatch):
    """The first epoch is kept and the last; one between only where enough time has passed."""
    written, original = [], checkpoints.save

    def save(folder, network, optimizer, average, best, facts):
        written.append(facts["epoch"])
        original(folder, network, optimizer, average, best, facts)

    monkeypatch.setattr(checkpoints, "save", save)
    monkeypatch.setattr(loop, "_PACE", 10**9)
    _run(demo, planned(demo, 3), shapes, RECIPES["plain"], Settings(checkpoints=tmp_path / "checkpoint"))
    assert written == [1, 4]


def test_a_run_goes_on_in_the_precision_it_began_in(demo, planned, shapes, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_PACE", 0)
    recipe = Recipe(epochs=2, batch_size=16, lr=1e-3, precision="auto")

    def kill(record):
        raise _Killed

    folder = tmp_path / "checkpoint"
    monkeypatch.setattr(loop, "faster", lambda *_: "fp32")
    with pytest.raises(_Killed):
        _run(demo, planned(demo, 3), shapes, recipe, Settings(checkpoints=folder, on_epoch=kill))
    monkeypatch.setattr(loop, "faster", lambda *_: "bf16")
    _, history = _run(demo, planned(demo, 3), shapes, recipe, Settings(checkpoints=folder, resume=True))
    assert [row["precision"] for row in history] == ["fp32", "fp32"]


def test_the_time_limit_takes_epochs_off(demo, planned, shapes):
    recipe = Recipe(epochs=500, batch_size=16, lr=1e-3)
    _, history = _run(demo, planned(demo, 3), shapes, recipe, Settings(time_limit=1.0))
    assert 1 <= len(history) < 500
