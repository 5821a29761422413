"""A run that was killed continues to the same bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from headstart import stopping
from headstart.errors import OutputError
from headstart.files import sha256_of
from headstart.planning.recipe import Recipe
from headstart.training import checkpoints, keeper, loop, surgery
from headstart.training.batches import Pictures
from headstart.training.learner import Learner
from headstart.training.task import Settings, Task


class _Killed(Exception):
    pass


RECIPES = {
    "plain": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32"),
    "average": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32", ema=0.9),
    "patience": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32", patience=3),
    "sgd": Recipe(epochs=4, batch_size=16, lr=1e-2, weight_decay=1e-4, precision="fp32", optimizer="sgd"),
    "both": Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32", ema=0.9, patience=2),
}


def _run(backbone, plan, shapes, recipe, settings):
    dataset, parts = shapes
    network = surgery.operate(plan, backbone, 3)
    groups = surgery.parameter_groups(network, plan, backbone)
    network.head = nn.Sequential(nn.Dropout(0.5), network.head)
    pictures = Pictures(dataset.paths, backbone.preprocess, 2)
    task = Task(pictures, backbone.preprocess, dataset.labels, parts.train[:-9], parts.train[-9:])
    history = loop.train(network, groups, task, recipe, 5, settings, "training")
    return network.state_dict(), [replace(epoch, seconds=0.0) for epoch in history]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_resumed_equals_straight(demo, planned, shapes, recipe, tmp_path, monkeypatch, said):
    monkeypatch.setattr(keeper, "_PACE", 0)
    plan = planned(demo, 3)
    straight, history = _run(demo, plan, shapes, recipe, Settings())

    def kill(epoch):
        if epoch.epoch == 3:
            raise _Killed

    folder = tmp_path / "checkpoint"
    with pytest.raises(_Killed):
        _run(demo, plan, shapes, recipe, Settings(checkpoints=folder, on_epoch=kill))
    resumed, again = _run(demo, plan, shapes, recipe, Settings(checkpoints=folder, resume=True))
    assert again == history
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)
    assert said == ["training: 3 of 4 epochs are done; it goes on with epoch 4"]


@pytest.fixture
def at_batch(monkeypatch):
    """at_batch(n, act) has `act` done when the n-th batch to be trained on has come, counted over epochs."""

    def set_(number: int, act) -> None:
        batches, count = Pictures.batches, [0]

        def counted(self, parts, seed, epoch, augment, size=0):
            for batch in batches(self, parts, seed, epoch, augment, size):
                count[0] += augment != "none"
                if augment != "none" and count[0] == number:
                    act()
                yield batch

        monkeypatch.setattr(Pictures, "batches", counted)

    return set_


def _kill():
    raise _Killed


MIXED = Recipe(epochs=4, batch_size=16, lr=1e-3, precision="fp32", cutmix=0.5, mixup=0.4, augment="colour")


@pytest.mark.parametrize(
    ("recipe", "batch", "where"),  # of three steps an epoch
    [
        (RECIPES["plain"], 2, "0 of 4 epochs are done, and 1 of 3 steps of epoch 1"),
        (RECIPES["both"], 6, "1 of 4 epochs are done, and 2 of 3 steps of epoch 2"),
        (MIXED, 12, "3 of 4 epochs are done, and 2 of 3 steps of epoch 4"),
    ],
)
def test_a_run_killed_within_an_epoch_goes_on_to_the_same_bits(
    demo, planned, shapes, recipe, batch, where, tmp_path, monkeypatch, said, at_batch
):
    for name in ("_PACE", "_FIRST"):
        monkeypatch.setattr(keeper, name, 0)
    plan = planned(demo, 3)
    straight, history = _run(demo, plan, shapes, recipe, Settings())
    at_batch(batch, _kill)
    with pytest.raises(_Killed):
        _run(demo, plan, shapes, recipe, Settings(checkpoints=tmp_path))
    resumed, again = _run(demo, plan, shapes, recipe, Settings(checkpoints=tmp_path, resume=True))
    assert again == history
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)
    assert said == [f"training: {where}; it goes on there"]


@pytest.mark.parametrize(("batch", "steps"), [(2, 2), (3, 3)])
def test_a_run_that_is_asked_to_stop_saves_its_last_step(
    demo, planned, shapes, batch, steps, tmp_path, said, at_batch
):
    plan, recipe = planned(demo, 3), RECIPES["both"]
    straight, history = _run(demo, plan, shapes, recipe, Settings())
    at_batch(batch, lambda: stopping.ask(15))
    try:
        with pytest.raises(stopping.Stopped):
            _run(demo, plan, shapes, recipe, Settings(checkpoints=tmp_path))
    finally:
        stopping.forget()
    resumed, again = _run(demo, plan, shapes, recipe, Settings(checkpoints=tmp_path, resume=True))
    assert again == history
    assert all(torch.equal(resumed[name], straight[name]) for name in straight)
    assert said == [f"training: 0 of 4 epochs are done, and {steps} of 3 steps of epoch 1; it goes on there"]


def test_one_flipped_bit_is_never_used_in_silence(demo, planned, shapes, tmp_path):
    recipe = Recipe(epochs=1, batch_size=16, precision="fp32", ema=0.9)
    plan = planned(demo, 3)
    _run(demo, plan, shapes, recipe, Settings(checkpoints=tmp_path))
    (file,) = tmp_path.iterdir()
    sound = file.read_bytes()
    rng = np.random.default_rng(0)
    for place in (*range(0, 64, 7), *rng.integers(64, len(sound), 12), len(sound) - 1):
        spoilt = bytearray(sound)
        spoilt[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(spoilt)
        with pytest.raises(OutputError, match="damaged; start anew with --force"):
            _run(demo, plan, shapes, recipe, Settings(checkpoints=tmp_path, resume=True))
    file.write_bytes(sound)
    _run(demo, plan, shapes, recipe, Settings(checkpoints=tmp_path, resume=True))


def test_a_run_goes_on_in_the_threads_it_began_in(demo, planned, shapes, tmp_path, monkeypatch):
    def kill(epoch):
        raise _Killed

    monkeypatch.setattr(loop.threads, "suiting", lambda *_: 2)
    with pytest.raises(_Killed):
        _run(demo, planned(demo, 3), shapes, RECIPES["plain"], Settings(checkpoints=tmp_path, on_epoch=kill))
    monkeypatch.setattr(loop.threads, "suiting", lambda *_: 3)
    before = torch.get_num_threads()
    _, history = _run(
        demo, planned(demo, 3), shapes, RECIPES["plain"], Settings(checkpoints=tmp_path, resume=True)
    )
    assert [epoch.threads for epoch in history] == [2, 2, 2, 2]
    assert torch.get_num_threads() == before


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
        written.append(len(facts["history"]))
        original(folder, network, optimizer, average, best, facts)

    monkeypatch.setattr(checkpoints, "save", save)
    monkeypatch.setattr(keeper, "_PACE", 10**9)
    _run(demo, planned(demo, 3), shapes, RECIPES["plain"], Settings(checkpoints=tmp_path / "checkpoint"))
    assert written == [1, 4]


def test_a_run_goes_on_in_the_precision_it_began_in(demo, planned, shapes, tmp_path, monkeypatch):
    monkeypatch.setattr(keeper, "_PACE", 0)
    recipe = Recipe(epochs=2, batch_size=16, lr=1e-3, precision="auto")

    def kill(epoch):
        raise _Killed

    folder = tmp_path / "checkpoint"
    monkeypatch.setattr(loop, "faster", lambda *_: "fp32")
    with pytest.raises(_Killed):
        _run(demo, planned(demo, 3), shapes, recipe, Settings(checkpoints=folder, on_epoch=kill))
    monkeypatch.setattr(loop, "faster", lambda *_: "bf16")
    _, history = _run(demo, planned(demo, 3), shapes, recipe, Settings(checkpoints=folder, resume=True))
    assert [epoch.precision for epoch in history] == ["fp32", "fp32"]


def test_the_time_limit_takes_epochs_off(demo, planned, shapes):
    recipe = Recipe(epochs=500, batch_size=16, lr=1e-3)
    _, history = _run(demo, planned(demo, 3), shapes, recipe, Settings(time_limit=1.0))
    assert 1 <= len(history) < 500


def test_other_rates_or_frozen_stages_are_another_training(demo, planned, shapes, tmp_path):
    recipe = Recipe(epochs=1, batch_size=16, precision="fp32")
    whole = planned(demo, 3)
    first, *rest = whole.rows
    slower, frozen = (
        replace(whole, case=0, rows=(replace(first, lr_scale=scale), *rest)) for scale in (0.1, 0.0)
    )
    for plan in (whole, slower, frozen):
        folder = tmp_path / str(plan.rows[0].lr_scale)
        _run(demo, plan, shapes, recipe, Settings(checkpoints=folder))
        for other in (whole, slower, frozen):
            settings = Settings(checkpoints=folder, resume=True)
            if other is plan:
                _run(demo, other, shapes, recipe, settings)
            else:
                with pytest.raises(OutputError, match="of another network"):
                    _run(demo, other, shapes, recipe, settings)


def test_where_all_learn_at_the_whole_rate_nothing_is_added_to_the_identity(demo, planned, shapes, tmp_path):
    """As it was before rates were part of it, so that those checkpoints go on."""
    dataset, parts = shapes
    plan, recipe = planned(demo, 3), RECIPES["plain"]
    network = surgery.operate(plan, demo, 3)
    pictures = Pictures(dataset.paths, demo.preprocess, 2)
    task = Task(pictures, demo.preprocess, dataset.labels, parts.train[:-9], parts.train[-9:])
    groups = surgery.parameter_groups(network, plan, demo)
    learner = Learner(network, groups, task, recipe, torch.device("cpu"), "training")
    names = "\n".join(dataset.paths[i] for i in parts.train)
    how = repr((recipe, demo.preprocess, network))
    labels = dataset.labels[parts.train].tobytes()
    expected = sha256_of(names, task.fingerprint, labels, f"{len(task.train)} 9", how, "5")
    assert keeper.Keeper(learner, 5, Settings())._identity() == expected
