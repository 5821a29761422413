"""All strategies on shapes: equal budgets, nothing run twice, the limit kept."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from headstart.errors import PlanError
from headstart.plan import cases
from headstart.runtime import Execution
from headstart.study import compare, contenders
from headstart.study.contenders import RATES
from headstart.train import loop
from headstart.train.loop import Settings

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
        assert not outcome.trace or outcome.trace[-1] == outcome.selection.mean()
    assert first.choice == "probe at pre_logits"
    assert first.regret >= 0
    assert np.array_equal(first.labels, dataset.labels[parts.report])

    def never(*_args, **_more):
        raise AssertionError("run twice")

    monkeypatch.setattr("headstart.train.loop.train", never)
    monkeypatch.setattr("headstart.heads.head.solve", never)
    again = compare(field, plan, demo, *shapes, tmp_path, execution=HOW)
    assert again.standings() == first.standings()


def test_other_pictures_or_plans_are_not_taken_for_these(demo, shapes, field, tmp_path):
    dataset, parts = shapes
    probes = [contender for contender in field if not contender.trained]
    plan = cases.make(1, demo)
    compare(probes, plan, demo, *shapes, tmp_path, execution=HOW)
    count = len(list(tmp_path.iterdir()))
    assert count == len(probes)
    compare(probes, plan, demo, dataset, replace(parts, report=parts.report[1:]), tmp_path, execution=HOW)
    assert len(list(tmp_path.iterdir())) == 2 * count


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
