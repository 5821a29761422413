"""Shares in words."""

from __future__ import annotations

import pytest

from headstart.counts import percent


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (0.913, 1, "91.3 %"),
        (0.913, 0, "91 %"),
        (1, 1, "100.0 %"),
        (0, 1, "0.0 %"),
        (0, 0, "0 %"),
        (0.0004, 1, "under 0.1 %"),
        (0.004, 0, "under 1 %"),
        (-0.02, 0, "-2 %"),
    ],
)
def test_a_share_in_words(share: float, digits: int, said: str) -> None:
    assert percent(share, digits) == said
