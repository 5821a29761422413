"""All strategies on shapes: equal budgets, nothing run twice, the limit kept."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest

from headstart.features import How
from headstart.plan import cases
from headstart.study import compare, contenders
from headstart.study.contenders import RATES
from headstart.train.loop import Settings

HOW = How(cache=False)


@pytest.fixture(scope="module")
def field(demo):
    return contenders(demo, cut="conv2", n=48, recipe={"epochs": 2, "batch_size": 16})


def test_every_strategy_is_judged_on_the_same_pictures_and_run_once(
    demo, shapes, field, tmp_path, monkeypatch
):
    dataset, parts = shapes
    plan = cases.make(1, demo)
    first = compare(field, plan, demo, *shapes, tmp_path, how=HOW)
    assert {outcome.name for outcome in first.outcomes} == {contender.name for contender in field}
    for outcome in first.outcomes:
        assert len(outcome.predictions) == len(parts.report)
        assert outcome.share == 1
        assert (outcome.lr in RATES) == (not outcome.name.startswith("probe at"))
    assert first.choice == "probe at pre_logits"
    assert first.regret >= 0
    assert np.array_equal(first.labels, dataset.labels[parts.report])

    def never(*_args, **_more):
        raise AssertionError("run twice")

    monkeypatch.setattr("headstart.train.loop.train", never)
    monkeypatch.setattr("headstart.train.head.solve", never)
    again = compare(field, plan, demo, *shapes, tmp_path, how=HOW)
    assert again.rows() == first.rows()


def test_other_pictures_or_plans_are_not_taken_for_these(demo, shapes, field, tmp_path):
    dataset, parts = shapes
    probes = [contender for contender in field if not contender.trained]
    plan = cases.make(1, demo)
    compare(probes, plan, demo, *shapes, tmp_path, how=HOW)
    count = len(list(tmp_path.iterdir()))
    assert count == len(probes)
    compare(probes, plan, demo, dataset, replace(parts, report=parts.report[1:]), tmp_path, how=HOW)
    assert len(list(tmp_path.iterdir())) == 2 * count


def test_where_time_is_short_the_better_half_goes_on(demo, shapes, tmp_path):
    long = contenders(demo, cut="conv2", n=48, recipe={"epochs": 400, "batch_size": 16})
    began = time.monotonic()
    found = compare(
        long, cases.make(1, demo), demo, *shapes, tmp_path, how=HOW, settings=Settings(time_limit=8)
    )
    assert time.monotonic() - began < 60
    shares = sorted({outcome.share for outcome in found.outcomes if outcome.lr})
    assert len(shares) > 1
    assert shares[-1] < 1
    assert all(later / earlier in (2, 4) for earlier, later in itertools.pairwise(shares))
