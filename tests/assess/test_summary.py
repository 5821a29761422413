"""What an evaluation comes to, in words that need no statistics."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headstart.assess import Baseline, Evaluation, Summary, summarise
from headstart.assess.words import headline, plainly

NAMES = ("ants", "bees", "wasps")


def evaluation(labels: list[int], answers: list[int]) -> Evaluation:
    return Evaluation("val", NAMES, np.array(labels), np.eye(3, dtype=np.float32)[answers])


def baseline(lead: float, error: float | None) -> Baseline:
    return Baseline("random weights", 0.611, 10, 10, (0.3, 0.9), lead, error)


def test_it_is_told_in_pictures_of_a_hundred() -> None:
    found = summarise(evaluation([0] * 6 + [1] * 4, [0] * 5 + [1] * 5), [baseline(0.3, 0.1)])
    assert headline(found) == "Names 90 of 100 new pictures rightly (59 to 99)."
    assert plainly(found) == [
        "Tried on 10 pictures that it had not seen: 9 right, 1 wrong.",
        "The same network with layers that have learnt nothing: 61 of 100.",
        "Weakest class: “ants”, 5 of 6 found; the other was called “bees”.",
    ]


def test_a_gain_that_is_not_sure_is_not_claimed() -> None:
    for beside in (baseline(0.1, 0.1), baseline(0.3, None)):
        told = plainly(summarise(evaluation([0, 1], [0, 1]), [beside]))
        assert told[1].startswith(
            "The same network with layers that have learnt nothing: 61 of 100. So few pictures show no difference: "
        )
    told = plainly(summarise(evaluation([0, 1], [0, 1]), [baseline(-0.1, 0.01)]))
    assert told[1].endswith("It did better here: add pictures, or try another network (--backbone).")


def test_classes_of_which_nothing_was_found_come_first() -> None:
    told = plainly(summarise(evaluation([0, 0, 1, 1, 1, 2], [0, 0, 0, 1, 2, 1])))
    assert told[1:] == [
        "Never found: “wasps” (1 picture, called “bees”). More pictures of it would help most.",
        "Weakest class: “bees”, 1 of 3 found; 1 of the other 2 was called “ants”.",
    ]


def test_nothing_wrong_has_no_weakest_class() -> None:
    found = summarise(evaluation([0, 1], [0, 1]))
    assert (found.of_hundred, found.weakest, found.never) == (100, None, ())


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=300))
def test_all_and_none_are_said_only_where_they_are_true(drawn: list[tuple[int, int]]) -> None:
    found = summarise(evaluation([label for label, _ in drawn], [answer for _, answer in drawn]))
    assert (found.of_hundred == 100) == (found.right == found.pictures)
    assert (found.of_hundred == 0) == (found.right == 0)
    assert found.low <= 100 * found.right / found.pictures <= found.high


def test_a_summary_is_plain_values() -> None:
    assert isinstance(summarise(evaluation([0], [1])), Summary)
