"""How results compare, and what a plan comes to."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from headstart.cli import show
from headstart.errors import PlanError
from headstart.intervals import proportion
from headstart.planning import cases
from headstart.study.compare import _better, _epoch_seconds
from headstart.study.contenders import RANDOM_HEAD, RATES, budget, contenders
from headstart.study.outcome import Outcome, ranked, realised
from headstart.study.turns import halved, length

LABELS = np.arange(40) % 2
GROUPS = np.arange(40)


def outcome(name: str, right: int, *, selection: int = 20, seconds: float = 1.0) -> Outcome:
    """`right` of 40 report pictures and `selection` of 20 selection pictures named right."""
    predictions = np.where(np.arange(40) < right, LABELS, 1 - LABELS)
    cut = name.removeprefix("probe at ") if name.startswith("probe at") else "pre_logits"
    lr = None if name.startswith("probe at") else 1e-3
    return Outcome(name, cut, predictions, np.arange(20) < selection, seconds, lr)


def test_the_best_stands_first_and_of_equals_the_cheaper():
    found = [outcome("a", 30, seconds=5), outcome("b", 35, seconds=9), outcome("c", 35, seconds=2)]
    comparison = ranked(found, LABELS, GROUPS, "a")
    assert [standing.name for standing in comparison.standings()] == ["c", "b", "a"]
    assert comparison.regret == pytest.approx(5 / 40)
    chosen = comparison.standings()[-1]
    assert chosen.chosen
    assert chosen.behind == pytest.approx(5 / 40)
    assert chosen.behind_error == pytest.approx(np.sqrt(5 / 40 * 35 / 40 / 39), rel=1e-6)
    assert chosen.interval[0] < 30 / 40 < chosen.interval[1]


def test_rows_tell_pictures_and_groups_and_no_error_where_there_is_but_one_group():
    right = outcome("a", 30)
    pairs, one = np.arange(40) // 2, np.zeros(40, np.int64)
    (row,) = ranked([right], LABELS, pairs, "a").standings()
    assert (row.n, row.groups) == (40, 20)
    assert row.interval == proportion(right.predictions == LABELS, pairs)
    (row,) = ranked([right], LABELS, one, "a").standings()
    assert (row.groups, row.behind_error) == (1, None)
    assert "0.0 ± ?" in show.contenders([row.to_dict()])


def test_an_outcome_is_read_as_it_was_written():
    first = replace(outcome("a", 3), lr=0.1, share=0.25)
    again = Outcome.from_dict(first.to_dict())
    assert np.array_equal(first.predictions, again.predictions)
    assert np.array_equal(first.selection, again.selection)
    assert again.to_dict() == first.to_dict()


def test_an_outcome_of_before_strategies_were_renamed_is_read():
    kept = {**outcome("a", 3).to_dict(), "name": "fine-tune"}
    del kept["time_limit"]
    assert Outcome.from_dict(kept).name == RANDOM_HEAD


def trained(share: float, right: int, *, seconds: float = 4.0) -> Outcome:
    """`right` of 20 selection pictures."""
    return replace(outcome("a", 30, selection=right, seconds=seconds), share=share)


def test_an_epoch_takes_what_it_took_where_the_clock_cut_the_training():
    """Of 8 epochs: 4 s for four, and 4 s for the two that were left of four."""
    whole, cut = trained(4 / 8, 19), trained(2 / 8, 18)
    assert _epoch_seconds([whole], 8) == 1.0
    assert _epoch_seconds([cut], 8) == 2.0
    assert _epoch_seconds([whole, cut, trained(1 / 8, 3), trained(1 / 8, 2)], 8) == pytest.approx(8 / 6)


def test_of_two_rates_the_better_counts_where_the_clock_cut_one_a_little_short():
    first, second = trained(0.75, 15), trained(0.74, 17)
    assert _better([first, second]) == replace(second, seconds=8.0)
    assert _better([second, first]) == replace(second, seconds=8.0)


def test_longer_trainings_count_before_those_of_earlier_turns_and_before_stumps():
    early, late, stump = trained(0.25, 19), trained(0.75, 15), trained(0.02, 20)
    assert _better([early, late, stump]) == replace(late, seconds=12.0)
    assert _better([early, stump]) == replace(early, seconds=8.0)


@pytest.fixture
def field():
    """The probe at the top, a training that is clearly better on selection pictures, and one that is not."""
    return {
        "good": [
            outcome("probe at pre_logits", 30, selection=10),
            outcome("probe, then fine-tune", 30, selection=19),
        ],
        "bad": [
            outcome("probe at pre_logits", 30, selection=10),
            outcome("probe, then fine-tune", 39, selection=10),
        ],
    }


def test_what_a_plan_comes_to_follows_the_selection_pictures_alone(demo, field):
    """A training that is better on the report pictures only is not kept."""
    groups = np.arange(20)
    one, three = cases.make(1, demo), cases.make(3, demo)
    four = cases.make(4, demo)
    lower = cases.make(2, demo, cut="conv2")
    assert realised(one, field["good"], groups, 1.0) == "probe at pre_logits"
    assert realised(lower, [*field["good"], outcome("probe at conv2", 20)], groups, 1.0) == "probe at conv2"
    assert realised(three, field["good"], groups, 1.0) == "probe, then fine-tune"
    assert realised(three, field["bad"], groups, 1.0) == "probe at pre_logits"
    joint = cases.make(3, demo, fallback_cut=demo.stage_names)
    all_cuts = replace(outcome("probe at all cuts", 30, selection=18), cut="+".join(demo.stage_names))
    below = [*field["good"], all_cuts]
    assert realised(joint, below, groups, 1.0) == "probe at all cuts"
    scratch = [*field["bad"], outcome("from scratch", 20, selection=20)]
    assert realised(four, scratch, groups, 1.0) == "from scratch"
    assert realised(four, [*field["bad"], outcome("from scratch", 40, selection=9)], groups, 1.0) == (
        "probe at pre_logits"
    )
    expecting = replace(three, gain=(0.1, 0.05))
    assert realised(expecting, field["bad"], groups, 1.0) == "probe at pre_logits"  # no difference is seen
    little = [field["bad"][0], outcome("probe, then fine-tune", 30, selection=11)]
    assert realised(three, little, groups, 1.0) == "probe at pre_logits"
    assert (
        realised(expecting, little, groups, 1.0) == "probe, then fine-tune"
    )  # a little is seen, more is expected
    assert realised(replace(three, gain=(-0.9, 0.05)), field["good"], groups, 1.0) == "probe at pre_logits"
    assert (
        realised(expecting, little, np.zeros(20, np.int64), 1.0) == "probe at pre_logits"
    )  # one group says nothing
    # With a quarter more pictures nearly no errors are left.
    learning = replace(three, learning_exponent=10.0)
    assert realised(learning, field["good"], groups, 1.0) == "probe, then fine-tune"
    assert realised(learning, field["good"], groups, 1.25) == "probe at pre_logits"
    with pytest.raises(PlanError, match="no probe at conv1"):
        realised(cases.make(2, demo, cut="conv1"), field["good"], groups, 1.0)
    both = replace(four, fallback="both")
    assert realised(both, [*field["good"], outcome("from scratch", 20, selection=20)], groups, 1.0) == (
        "from scratch"
    )


def test_every_contender_is_a_valid_plan_and_trainings_share_one_recipe(demo):
    found = contenders(demo, cut="conv2", n=200)
    for contender in found:
        contender.plan.validate(demo.stage_names)
    names = [contender.name for contender in found]
    assert names == [
        *(f"probe at {name}" for name in demo.stage_names),
        "probe at all cuts",
        "cut, then fine-tune",
        "random head, then fine-tune",
        "probe, then fine-tune",
        "from scratch",
    ]
    assert len({contender.plan.recipe for contender in found if contender.trained}) == 1
    assert "cut, then fine-tune" not in [c.name for c in contenders(demo, cut="pre_logits", n=200)]


def test_the_budget_is_pictures_seen_and_its_rates_are_fixed():
    assert budget(200).epochs == 40
    assert budget(100_000).epochs == 5
    assert budget(200, {"epochs": 3}).epochs == 3
    assert budget(200).lr == RATES[0]
    with pytest.raises(PlanError, match="leave --lr out"):
        budget(200, {"lr": 0.1})


@pytest.mark.parametrize("limit", [10, 33, 100, 399, 400, 5000])
@pytest.mark.parametrize("count", [2, 6, 8])
def test_turns_keep_within_the_limit_and_use_it(count, limit):
    """Epochs of one second, 50 at full length."""
    counts, found, left = halved(count), [0], limit
    for turn, n in enumerate(counts):
        epochs = length(counts[turn:], 50, 1.0, left)
        if epochs > found[-1]:
            found.append(epochs)
            left -= epochs * n
    assert 0 <= left <= 0.2 * limit or found == [0, 50]
    assert all(long >= min(50, 2 * short) for short, long in itertools.pairwise(found))


def test_the_better_half_goes_on_down_to_two():
    assert halved(8) == [8, 4, 2]
    assert halved(6) == [6, 3, 2]
    assert halved(2) == [2]


def test_what_full_length_leaves_over_goes_to_the_first_turn():
    assert length([8, 4, 2], 50, 1.0, 400) == 50
    assert length([8, 4, 2], 50, 1.0, 399) == 18
    assert 18 * 8 + 36 * 4 + 50 * 2 <= 399 < 19 * 8 + 38 * 4 + 50 * 2
    assert length([8, 4, 2], 50, 1.0, 8) == 1
    assert length([8, 4, 2], 50, 1.0, 7.9) == 0
