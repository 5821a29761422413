"""The sentences of a review name pictures."""

from __future__ import annotations

from headstart.screening import words
from headstart.screening.finding import BLURRED, ODD, Finding, Reviewed


def test_the_first_of_each_kind_are_named() -> None:
    blurred = tuple(Finding(BLURRED, f"{name}.png", "", "cat", 1.0) for name in "bcdef")
    found = Reviewed(99, 0, None, (Finding(ODD, "a.png", "", "cat", 1.0), *blurred))
    assert list(words.lines(found, named=3)) == [
        "This picture looks like no class: a.png.",
        "These 5 pictures are blurred: b.png, c.png, d.png and 2 more.",
    ]
    assert list(words.lines(found)) == ["This picture looks like no class.", "These 5 pictures are blurred."]
