"""What the exam of a map has shown, in a sentence that says what is good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from headstart.explaining import words
from headstart.explaining.exam import Deletion


def told(deletion: Deletion) -> str:
    found: Any = SimpleNamespace(label="ants", deletion=deletion, trusted=deletion.trusted)
    return words.trust(found)


def test_a_map_that_is_not_to_be_trusted_says_what_should_have_been() -> None:
    assert told(Deletion(0.73, 0.715)) == (
        "do not trust this map: making its strongest places grey should hurt ants more than making the middle grey, "
        "but leaves it 73.0 % on average, against 71.5 %"
    )


def test_a_map_that_is_to_be_trusted_says_by_how_much() -> None:
    assert told(Deletion(0.412, 0.63)) == (
        "ants falls to 41.2 % on average with its strongest places made grey, and only to 63.0 % with the middle"
    )
