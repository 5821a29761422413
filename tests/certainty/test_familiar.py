"""The line to strangers: as many of one's own kind lie within it as it says, and what is unlike them does not."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.certainty import Familiar, familiar
from headstart.certainty.familiar import similarity
from headstart.heads.neighbours import Neighbours


def _pictures(n: int, seed: int, centre: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (np.eye(16)[centre + rng.integers(0, 3, n)] + 0.15 * rng.normal(size=(n, 16))).astype(np.float32)


def _neighbours(x: np.ndarray) -> Neighbours:
    names = [str(i) for i in range(len(x))]
    return Neighbours.of(x, np.zeros(len(x), int), names, names, (16,))


def test_its_own_kind_stays_inside_and_strangers_do_not() -> None:
    x = _pictures(1_000, 0)
    kept = _neighbours(x)
    found = Familiar.of(kept, x, np.arange(1_000), np.arange(1_000))
    assert found is not None
    own = found.out_of_place(similarity(kept, _pictures(2_000, 1)))
    assert 0.03 < own.mean() < 0.07
    assert found.out_of_place(similarity(kept, _pictures(200, 2, centre=8))).all()
    assert Familiar.from_dict(found.to_dict()) == found


def test_a_group_does_not_vouch_for_itself() -> None:
    """Five frames of each of 100 scenes: held beside their own scene, all would look familiar."""
    scenes = _pictures(100, 0)
    x = np.repeat(scenes, 5, axis=0) + 0.001 * np.random.default_rng(1).normal(size=(500, 16)).astype(
        np.float32
    )
    kept, groups = _neighbours(x), np.repeat(np.arange(100), 5)
    found = Familiar.of(kept, x, groups, groups)
    alone = Familiar.of(kept, x, np.arange(500), np.arange(500))
    assert found is not None
    assert alone is not None
    assert alone.line > 0.99 > found.line
    assert found.out_of_place(similarity(kept, _pictures(1_000, 3))).mean() < 0.12


def test_the_line_is_the_similarity_of_that_rank() -> None:
    """293 pictures, of which ⌊294 · 0.05⌋ = 14 may lie below: in fractions that became 15."""
    x = _pictures(293, 0)
    kept = _neighbours(_pictures(50, 1))
    found = Familiar.of(kept, x, np.arange(293), 1_000 + np.arange(50))
    assert found is not None
    assert found.line == pytest.approx(np.sort(similarity(kept, x))[13], abs=1e-6)


def test_too_few_groups_draw_no_line() -> None:
    x = _pictures(40, 0)
    assert Familiar.of(_neighbours(x), x, np.arange(40) % 10, np.arange(40) % 10) is None
    assert Familiar.of(_neighbours(x[:2]), x, np.arange(40), np.arange(2)) is None


def test_fewer_neighbours_have_a_line_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """By which as many of its own kind lie inside; the line of all would refuse more of them."""
    monkeypatch.setattr(familiar, "ROOM", (16 * 100, 16 * 20, 16 * 3))
    x = _pictures(1_000, 0)
    kept = _neighbours(x)
    found = Familiar.of(kept, x, np.arange(1_000), np.arange(1_000))
    assert found is not None
    assert [count for count, _ in found.fewer] == [100, 20]  # of three none is the third nearest to another
    for count, line in found.fewer:
        near = similarity(kept.at(kept.few(count)), _pictures(2_000, 1))
        assert 0.03 < (near < line).mean() < 0.07 < (near < found.line).mean()
    assert Familiar.from_dict(found.to_dict()) == found


def test_a_line_of_fewer_is_held_beside_other_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(familiar, "ROOM", (16 * 100,))
    x, groups = np.repeat(_pictures(100, 0), 5, axis=0), np.repeat(np.arange(100), 5)
    found = Familiar.of(_neighbours(x), x, groups, groups)
    assert found is not None
    assert found.fewer[0][1] < 0.99


@pytest.mark.parametrize("fewer", [[[3, 0.5]], [[5.0, 0.5]], [[5, 2]], [[5]], [5], 5])
def test_what_was_not_written_is_refused(fewer: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        Familiar.from_dict({"line": 0.5, "groups": 100, "inside": 0.95, "fewer": fewer})


def test_older_bundles_have_one_line() -> None:
    assert Familiar.from_dict({"line": 0.5, "groups": 100, "inside": 0.95}).fewer == ()
