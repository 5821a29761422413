"""All strategies on shapes: equal budgets, nothing run twice, the limit kept."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from headstart import data
from headstart.errors import PlanError
from headstart.planning import cases
from headstart.runtime import Execution
from headstart.study import compare, contenders
from headstart.study.compare import _train_by_turns
from headstart.study.contenders import RATES
from headstart.study.field import Field, _lost_patience, read
from headstart.study.outcome import Outcome
from headstart.training import loop
from headstart.training.epoch import Epoch
from headstart.training.task import Settings
from tests.cli.conftest import tree

HOW = Execution(keep="none")


@pytest.fixture(scope="module")
def field(demo):
    return contenders(demo, cut="conv2", n=48, recipe={"epochs": 2, "batch_size": 16})


def test_every_strategy_is_judged_on_the_same_pictures_and_run_once(
    demo, shapes, field, tmp_path, monkeypatch
):
    dataset, parts = shapes
    plan = cases.make(1, demo)
    first = compare(field, plan, demo, *shapes, tmp_path, execution=HOW)
    assert {outcome.name for outcome in first.outcomes} == {contender.name for contender in field}
    for outcome in first.outcomes:
        assert len(outcome.predictions) == len(parts.report)
        assert outcome.share == 1
        assert (outcome.lr in RATES) == (not outcome.name.startswith("probe at"))
        assert len(outcome.trace) == (2 if outcome.lr else 0)
        assert not outcome.trace or outcome.selection.mean() in (outcome.trace[-1], max(outcome.trace))
    assert first.choice == "probe at pre_logits"
    assert first.regret >= 0
    assert np.array_equal(first.labels, dataset.labels[parts.report])

    def never(*_args, **_more):
        raise AssertionError("run twice")

    monkeypatch.setattr("headstart.training.loop.train", never)
    monkeypatch.setattr("headstart.heads.head.solve", never)
    again = compare(field, plan, demo, *shapes, tmp_path, execution=HOW)
    assert again.standings() == first.standings()


def test_frames_are_given_back_before_trainings_begin(demo, field, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # where no picture was looked at before
    frames, held, train = data.Frames(demo.preprocess), [], Field._train
    root = tree(tmp_path / "data", names=("circle", "cross"), each=12)
    dataset = data.load(root, frames=frames).dataset
    assert len(frames) == 24

    def noted(*given):
        held.append(len(frames))
        return train(*given)

    monkeypatch.setattr(Field, "_train", noted)
    probes = [contender for contender in field if not contender.trained]
    some = [*probes, next(contender for contender in field if contender.trained)]
    parts = data.partition(dataset, seed=0)
    compare(some, cases.make(1, demo), demo, dataset, parts, tmp_path / "trials", execution=HOW)
    assert held
    assert not any(held)


def test_other_pictures_or_plans_are_not_taken_for_these(demo, shapes, field, tmp_path):
    dataset, parts = shapes
    probes = [contender for contender in field if not contender.trained]
    plan = cases.make(1, demo)
    compare(probes, plan, demo, *shapes, tmp_path, execution=HOW)
    count = len(list(tmp_path.glob("*/outcome.json")))
    assert count == len(probes)
    compare(probes, plan, demo, dataset, replace(parts, report=parts.report[1:]), tmp_path, execution=HOW)
    assert len(list(tmp_path.glob("*/outcome.json"))) == 2 * count


def test_where_time_is_short_the_better_half_goes_on(demo, shapes, tmp_path, monkeypatch, said):
    """Epochs that take half a second, by the clock of the training loop."""
    long = contenders(demo, cut="conv2", n=48, recipe={"epochs": 8, "batch_size": 16})
    train = loop.train

    def timed(*args):
        settings = replace(args[5], time_limit=None)  # by the real clock
        history = train(*args[:5], settings, args[6])
        return tuple(replace(epoch, seconds=0.5) for epoch in history)

    monkeypatch.setattr(loop, "train", timed)
    settings = Settings(time_limit=14)
    found = compare(long, cases.make(1, demo), demo, *shapes, tmp_path, execution=HOW, settings=settings)
    trained = [outcome for outcome in found.outcomes if outcome.lr]
    assert len(trained) == 4
    # 28 epochs: one for all eight, two for the better four, and what is left, 12, for two of these.
    assert sum(outcome.seconds for outcome in trained) == 14
    assert {outcome.share for outcome in trained} <= {1 / 8, 2 / 8, 6 / 8}
    assert max(outcome.share for outcome in trained) == 6 / 8
    turns = [line for line in said if line.startswith("time is short")]
    assert turns == [f"time is short: {n} trainings get {e} of 8 epochs" for n, e in ((8, 1), (4, 2), (2, 6))]
    assert sum(re.match(r".*, rate 0\.\d+, 2 of 8 epochs: ", line) is not None for line in said) == 4
    with pytest.raises(PlanError, match="--time-limit: one epoch of each of 8 trainings takes about 4 s"):
        compare(
            long,
            cases.make(1, demo),
            demo,
            *shapes,
            tmp_path / "b",
            execution=HOW,
            settings=Settings(time_limit=3),
        )


def test_an_epoch_for_timing_is_no_result(demo, shapes, tmp_path):
    short = contenders(demo, cut="conv2", n=48, recipe={"epochs": 1, "batch_size": 16})
    found = compare(
        short, cases.make(1, demo), demo, *shapes, tmp_path, execution=HOW, settings=Settings(time_limit=600)
    )
    assert {outcome.name for outcome in found.outcomes} == {contender.name for contender in short}
    assert {outcome.share for outcome in found.outcomes} == {1.0}


def test_a_comparison_that_was_killed_goes_on_and_leaves_no_checkpoints(
    demo, shapes, field, tmp_path, monkeypatch
):
    plan = cases.make(1, demo)
    straight = compare(field, plan, demo, *shapes, tmp_path / "a", execution=HOW)
    epochs = []

    def kill(epoch):
        epochs.append(epoch.epoch)
        if len(epochs) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(field, plan, demo, *shapes, tmp_path / "b", execution=HOW, settings=Settings(on_epoch=kill))
    resumed = compare(field, plan, demo, *shapes, tmp_path / "b", execution=HOW)
    assert not list((tmp_path / "b").rglob("checkpoints"))
    for outcome in straight.outcomes:
        again = next(other for other in resumed.outcomes if other.name == outcome.name)
        assert np.array_equal(again.predictions, outcome.predictions)


@pytest.fixture
def once(demo, shapes, field, tmp_path, monkeypatch):
    """once(came, within) → the outcome of the last contender, whose training comes to `came` of its schedule."""
    ground = Field(cases.make(1, demo), demo, *shapes, tmp_path, HOW, Settings())
    asked = []

    def run(came: float, within: float | None) -> Outcome:
        def trained(contender, share, within):
            asked.append(within)
            right, named = np.ones(9, bool), np.zeros(9, np.int64)
            return Outcome(contender.name, "a", named, right, 1.0, 1e-3, came, (), within)

        monkeypatch.setattr(ground, "_train", trained)
        return ground.train(field[-1], 2, within)

    run.asked = asked
    run.kept = lambda: read(next(tmp_path.glob("*/outcome.json")))
    return run


def test_what_the_clock_cut_is_run_again_only_where_there_is_more_time(once):
    assert once(0.5, 10.0).share == 0.5
    assert once(0.9, 10.0).share == 0.5  # the same command says the same
    assert once(0.9, 5.0).share == 0.5
    assert once.asked == [10.0]
    assert once(0.8, 20.0).share == 0.8
    assert once(1.0, None).share == 1.0
    assert once(1.0, 3.0).share == 1.0
    assert once.asked == [10.0, 20.0, None]


def test_what_came_further_is_kept(once):
    """The machine may be slower at the second try."""
    once(0.5, 10.0)
    assert once(0.3, 20.0).share == 0.5
    assert once.kept().share == 0.5


def test_a_training_that_lost_patience_had_its_whole_budget(demo, shapes, tmp_path, monkeypatch):
    """Whatever is no better counts as clearly worse here, so that few pictures can tell."""
    monkeypatch.setattr("headstart.training.patience.worse", lambda score, best, n: score <= best)
    recipe = {"epochs": 6, "batch_size": 16, "patience": 1, "precision": "fp32", "lr": None}
    chosen = [c for c in contenders(demo, cut="conv2", n=48, recipe=recipe) if c.name == "from scratch"]
    probe = contenders(demo, cut="conv2", n=48)[len(demo.stages) - 1]
    found = compare([probe, *chosen], cases.make(1, demo), demo, *shapes, tmp_path, execution=HOW)
    (training,) = (outcome for outcome in found.outcomes if outcome.lr)
    assert len(training.trace) < 6
    assert training.share == 1


def test_patience_is_lost_where_the_last_epochs_are_no_better(history):
    assert _lost_patience(history(0.9, 0.5, 0.6), 1, 50)
    assert _lost_patience(history(0.9, 0.5, 0.6), 2, 50)
    assert not _lost_patience(history(0.9, 0.5, 0.6), 1, 4)  # of four pictures as good as none
    assert not _lost_patience(history(0.9, 0.5, 0.6), 0, 50)
    assert not _lost_patience(history(0.9, 0.5, 0.8), 1, 50)


@pytest.fixture
def history():
    def made(*scores: float) -> list[Epoch]:
        facts = {
            "train_loss": 1.0,
            "lr": 1.0,
            "size": 8,
            "precision": "fp32",
            "threads": 1,
            "steps": 1,
            "seconds": 1.0,
        }
        return [Epoch(epoch=n, selection_accuracy=score, **facts) for n, score in enumerate(scores, 1)]

    return made


def test_a_turn_is_twice_as_long_as_those_before_or_is_skipped(demo, shapes, tmp_path, monkeypatch):
    """After four epochs, five are no longer turn."""
    long = contenders(demo, cut="conv2", n=48, recipe={"epochs": 20, "batch_size": 16})
    tried = []

    def trained(self, contender, epochs, within=None):
        tried.append(epochs)
        right, named = np.ones(9, bool), np.zeros(12, np.int64)
        return Outcome(contender.name, "a", named, right, float(epochs), 1e-3, epochs / 20)

    lengths = iter([4, 5, 9])
    monkeypatch.setattr(Field, "train", trained)
    monkeypatch.setattr(sys.modules["headstart.study.compare"], "length", lambda *_: next(lengths))
    ground = Field(cases.make(1, demo), demo, *shapes, tmp_path, HOW, Settings())
    runs = [contender for contender in long if contender.trained] * 2
    _train_by_turns(ground, runs, 100.0)
    assert set(tried) == {1, 4, 9}


def test_trials_of_another_version_are_told_of_once(demo, shapes, tmp_path, said):
    def make() -> None:
        Field(cases.make(1, demo), demo, *shapes, tmp_path, HOW, Settings())

    (tmp_path / "0123").mkdir()
    (tmp_path / "0123" / "outcome.json").write_text("{}")
    make()
    make()
    assert said == [f"{tmp_path}: holds trials of another version of headstart; they are not used"]
