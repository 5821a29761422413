"""Every way that was tried, on the report pictures, after the choice."""

from __future__ import annotations

import numpy as np

from headstart.assess import Evaluation, hindsight
from headstart.assess.words import afterwards


def right(first: int) -> Evaluation:
    """Right on the first so many of 100 pictures of class 0."""
    answers = (np.arange(100) >= first).astype(int)
    return Evaluation(
        "val", ("a", "b"), np.zeros(100, np.int64), np.eye(2, dtype=np.float32)[answers], np.arange(100)
    )


def test_ways_are_held_against_what_was_kept_in_pairs() -> None:
    found = hindsight("probe", right(80), {"fine-tune": right(81), "scratch": right(60)})
    assert found["probe"].lead is None
    assert found["fine-tune"].lead == 0.01
    assert (found["fine-tune"].apart, found["scratch"].apart) == (False, True)
    assert found["scratch"].to_dict()["accuracy"] == 0.6
    assert afterwards(found.values(), str.upper) == (
        "Looked at after the choice, on the same new pictures: PROBE (kept) 80.0 %; FINE-TUNE 81.0 %, not to be told "
        "apart; SCRATCH 60.0 %, worse."
    )


def test_one_way_alone_has_nothing_beside_it() -> None:
    assert afterwards(hindsight("probe", right(80), {}).values(), str) == ""
