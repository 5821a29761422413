"""Groups stay whole, classes keep their shares, and equal content with an equal seed divides equally."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart import data, progress
from headstart.errors import DataError


def dataset(labels, groups=None, splits=None, digests=None):
    n = len(labels)
    labels = np.asarray(labels, np.int64)
    return data.Dataset(
        pictures=tuple(f"pets/{i:04d}.png" for i in range(n)),
        labels=labels,
        classes=tuple(f"class {c}" for c in range(labels.max() + 1)),
        groups=np.arange(n) if groups is None else np.asarray(groups, np.int64),
        splits=("",) * n if splits is None else tuple(splits),
        digests=tuple(f"{i * 7919 % 1009:04d}" for i in range(n)) if digests is None else tuple(digests),
        root="pets",
    )


@st.composite
def pictures(draw):
    """Labels and groups of 4 to 60 pictures: groups of any size, some with two labels."""
    n = draw(st.integers(4, 60))
    labels = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    groups = draw(st.lists(st.integers(0, draw(st.integers(1, n))), min_size=n, max_size=n))
    return np.array(labels), np.array(groups)


@settings(max_examples=200, deadline=None)
@given(case=pictures(), share=st.floats(0.05, 0.6), seed=st.integers(0, 9))
def test_carve_keeps_groups_whole_and_every_class_in_what_is_kept(case, share, seed):
    labels, groups = case
    kept, carved = data.carve(labels, groups, share, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, carved])), np.arange(len(labels)))
    assert not set(groups[kept]) & set(groups[carved])
    assert set(labels[kept]) == set(labels)
    again = data.carve(labels, groups, share, seed)
    np.testing.assert_array_equal(carved, again[1])


@settings(max_examples=100, deadline=None)
@given(
    counts=st.lists(st.integers(2, 40), min_size=1, max_size=5),
    share=st.floats(0.05, 0.9),
    seed=st.integers(0, 9),
)
def test_carve_is_exactly_stratified_where_every_picture_is_its_own_group(counts, share, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    _, carved = data.carve(labels, np.arange(len(labels)), share, seed)
    wanted = [min(max(round(share * n), 1), n - 1) for n in counts]
    np.testing.assert_array_equal(np.bincount(labels[carved], minlength=len(counts)), wanted)


def test_carve_reaches_classes_that_consist_of_large_groups():
    labels = np.repeat([0, 1], [50, 40])
    groups = np.concatenate([np.arange(50), np.repeat([100, 101], 20)])
    _, carved = data.carve(labels, groups, 0.2, 0)
    np.testing.assert_array_equal(np.bincount(labels[carved]), [10, 20])


def test_other_seeds_carve_otherwise():
    labels, groups = np.zeros(40, int), np.arange(40)
    assert data.carve(labels, groups, 0.5, 0)[1].tolist() != data.carve(labels, groups, 0.5, 1)[1].tolist()


@pytest.mark.parametrize("share", [0.0, 1.0, -1, float("nan")])
def test_carve_refuses_shares_that_leave_nothing(share):
    with pytest.raises(DataError, match="share"):
        data.carve(np.zeros(4, int), np.arange(4), share, 0)


@settings(max_examples=200, deadline=None)
@given(case=pictures(), k=st.integers(2, 6), seed=st.integers(0, 9))
def test_folds_keep_groups_whole_and_none_is_empty(case, k, seed):
    labels, groups = case
    if k > len(set(groups.tolist())):
        with pytest.raises(DataError, match="folds"):
            data.folds(labels, groups, k, seed)
        return
    fold = data.folds(labels, groups, k, seed)
    assert fold.dtype == np.int64
    assert all(len(set(fold[groups == group])) == 1 for group in groups)
    np.testing.assert_array_equal(fold, data.folds(labels, groups, k, seed))
    assert set(fold) == set(range(k))


@settings(max_examples=100, deadline=None)
@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=5), k=st.integers(2, 6), seed=st.integers(0, 9)
)
def test_folds_of_single_pictures_differ_by_at_most_one_in_every_class(counts, k, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    if len(labels) < k:
        return
    fold = data.folds(labels, np.arange(len(labels)), k, seed)
    for name in range(len(counts)):
        sizes = np.bincount(fold[labels == name], minlength=k)
        assert sizes.max() - sizes.min() <= 1
    sizes = np.bincount(fold, minlength=k)
    assert sizes.max() - sizes.min() <= len(counts)


def test_partition_holds_out_a_share_of_each_class():
    part = data.partition(dataset(np.repeat([0, 1], [100, 20])), seed=0)
    assert part.report_name == "held-out"
    assert part.selection.size == 0
    labels = np.repeat([0, 1], [100, 20])
    np.testing.assert_array_equal(np.bincount(labels[part.report]), [20, 4])
    assert (np.diff(part.train) > 0).all()
    assert (np.diff(part.report) > 0).all()


@settings(max_examples=60, deadline=None)
@given(case=pictures(), seed=st.integers(0, 5), order=st.randoms())
def test_partition_depends_on_content_not_on_order_or_names(case, seed, order):
    labels, groups = case
    if len(set(groups.tolist())) < 2:
        return
    first = dataset(labels, groups)
    places = list(range(len(labels)))
    order.shuffle(places)
    renamed = first.take(places)
    second = data.Dataset(
        pictures=tuple(f"elsewhere/{i}" for i in range(len(places))),
        labels=renamed.labels,
        classes=renamed.classes,
        groups=renamed.groups * 13 + 5,
        splits=renamed.splits,
        digests=renamed.digests,
    )
    try:
        one = data.partition(first, seed=seed)
    except DataError:
        with pytest.raises(DataError, match="nothing can be held out"):
            data.partition(second, seed=seed)
        return
    two = data.partition(second, seed=seed)
    assert {first.digests[i] for i in one.report} == {second.digests[i] for i in two.report}


@pytest.mark.parametrize(
    ("splits", "selection", "report", "name"),
    [
        (("train", "val", "test"), [1], [2], "test"),
        (("train", "val", "val"), [], [1, 2], "val"),
        (("train", "train", "test"), [], [2], "test"),
    ],
)
def test_given_splits_are_kept(splits, selection, report, name):
    part = data.partition(dataset([0, 0, 0], splits=splits), seed=0)
    assert part.selection.tolist() == selection
    assert part.report.tolist() == report
    assert part.report_name == name
    assert part.train.tolist() == [i for i, split in enumerate(splits) if split == "train"]


def test_train_alone_is_divided_like_no_splits():
    part = data.partition(dataset([0] * 10 + [1] * 10, splits=["train"] * 20), seed=0)
    assert (part.report.size, part.report_name) == (4, "held-out")


def test_partition_refuses_val_without_train_and_one_group_for_each_class():
    with pytest.raises(DataError, match="no train split"):
        data.partition(dataset([0, 1], splits=["val", "val"]), seed=0)
    with pytest.raises(DataError, match="nothing can be held out"):
        data.partition(dataset([0, 0, 1, 1], groups=[0, 0, 1, 1]), seed=0)


def test_partition_says_what_it_could_not_keep_apart(monkeypatch):
    said = []
    monkeypatch.setattr(progress, "say", said.append)
    data.partition(dataset([0, 0, 1, 1], groups=[0, 1, 2, 2]), seed=0)
    data.partition(dataset([0, 0, 0], groups=[0, 0, 1], splits=["train", "val", "val"]), seed=0)
    assert "no picture held out" in said[0]
    assert "spreads over splits" in said[1]
    assert said[0].endswith(": 1")
    assert said[1].endswith(": 1")
