"""Neighbours: the training pictures that are kept, and those that lie nearest."""

from __future__ import annotations

import numpy as np

from headstart.heads.neighbours import BYTES, MOST, Neighbours, draw, most


def _made(x: np.ndarray, widths: tuple[int, ...] = ()) -> Neighbours:
    names = [f"{i}.png" for i in range(len(x))]
    return Neighbours.of(x, np.arange(len(x)), names, names, widths or (x.shape[1],))


def test_the_nearest_come_first_and_a_picture_is_its_own_nearest() -> None:
    x = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    similarity, place = _made(x).nearest(x, 5)
    assert similarity.shape == place.shape == (50, 5)
    assert (place[:, 0] == np.arange(50)).all()
    np.testing.assert_allclose(similarity[:, 0], 1, atol=2e-3)  # float16
    assert (np.diff(similarity, axis=1) <= 0).all()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    np.testing.assert_allclose(similarity, np.take_along_axis(unit @ unit.T, place, axis=1), atol=2e-3)


def test_many_are_asked_in_parts() -> None:
    x = np.random.default_rng(0).normal(size=(2500, 4)).astype(np.float32)
    kept = _made(x[:30])
    similarity, place = kept.nearest(x, 3)
    for row in (0, 1023, 1024, 2499):
        alone = kept.nearest(x[[row]], 3)
        np.testing.assert_allclose(similarity[row], alone[0][0], rtol=1e-5)
        assert (place[row] == alone[1][0]).all()


def test_a_similarity_does_not_depend_on_what_is_asked_beside_it() -> None:
    rng = np.random.default_rng(3)
    kept = Neighbours.of(rng.random((50, 700)), np.zeros(50, np.int64), ["x"] * 50, ["y"] * 50, [300, 400])
    x = rng.random((30, 700)).astype(np.float32)
    together = kept.nearest(x, 3)[0]
    for n in (1, 7):
        apart = np.concatenate([kept.nearest(x[at : at + n], 3)[0] for at in range(0, 30, n)])
        np.testing.assert_array_equal(apart, together)


def test_neither_length_nor_one_loud_cut_decides() -> None:
    x = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    kept, loud = _made(x, (2, 4)), x * np.array([1000, 1000, 1, 1, 1, 1], np.float32)
    assert (kept.nearest(x, 20)[1] == _made(loud, (2, 4)).nearest(7 * loud, 20)[1]).all()


def test_barred_neighbours_do_not_count() -> None:
    x = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    similarity, place = _made(x).nearest(x, 9, barred=np.eye(10, dtype=bool))
    assert not (place == np.arange(10)[:, None]).any()
    assert np.isfinite(similarity).all()
    assert np.isneginf(_made(x).nearest(x[:1], 2, barred=np.ones((1, 10), bool))[0]).all()


def test_a_picture_without_any_features_is_like_none() -> None:
    x = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    assert (_made(x).nearest(np.zeros((1, 3), np.float32), 3)[0] == 0).all()


def test_what_is_kept_is_even_among_classes_and_groups() -> None:
    labels = np.repeat([0, 1, 2], [500, 40, 6])
    groups = np.r_[np.arange(500) // 10, 1000 + np.arange(40), 2000 + np.zeros(6, int)]
    digests = [f"{v:016x}" for v in np.random.default_rng(0).integers(0, 2**60, 546)]
    kept = draw(labels, groups, digests, 60)
    assert np.bincount(labels[kept]).tolist() == [27, 27, 6]
    assert len(np.unique(groups[kept][labels[kept] == 0])) == 27
    order = np.random.default_rng(1).permutation(546)
    again = draw(labels[order], groups[order], [digests[i] for i in order], 60)
    assert {digests[i] for i in kept} == {digests[order[i]] for i in again}
    assert (draw(labels, groups, digests, 1000) == np.arange(546)).all()


def test_a_bundle_stays_small() -> None:
    assert most(8) == MOST
    assert most(1280) * 1280 * 2 <= BYTES
