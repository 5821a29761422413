"""Dividing pictures: groups stay whole, classes keep their shares, and the same seed divides the same way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from headstart import progress
from headstart.data.dataset import Dataset, Partition
from headstart.errors import DataError, PlanError

SELECTION_SHARE = 0.2  # of the training pictures, where the source gives none to select by


def partition(dataset: Dataset, *, seed: int, share: float = 0.2) -> Partition:
    """Which part each picture plays. What the source gives as splits is kept; else `share` is held out.

    train + val + test: val selects, test reports. train + val, or train + test: the second reports. No
    splits: stratified by class, groups whole, every class keeping at least one picture in train. Depends on
    the pictures' contents, class names, groups and `seed`, not on file names or places.
    Raises DataError where splits are given and none is train, or nothing could be held out.
    """
    places = {name: np.flatnonzero(np.array(dataset.splits) == name) for name in ("", "train", "val", "test")}
    val, test = places["val"], places["test"]
    if not val.size and not test.size:
        return _held_out(dataset, seed, share)
    if not places["train"].size:
        raise DataError(f"{dataset.root}: no train split; expected train beside val or test; add one")
    _mention_straddling(dataset)
    nothing = np.empty(0, np.int64)
    if test.size:
        return Partition(places["train"], val if val.size else nothing, test, "test")
    return Partition(places["train"], nothing, val, "val")


def partition_keeping(dataset: Dataset, report: np.ndarray, *, seed: int) -> tuple[Partition, int]:
    """(a partition in which the pictures at `report`, int64 [R], are report pictures; how many it leaves out).

    Splits that the source gives are kept for the others; where it gives none, all others train. What would train or
    select and belongs to a group of `report` plays no part. Raises DataError where a class is left with nothing to
    train on.
    """
    given = any(split in ("val", "test") for split in dataset.splits)
    base = partition(dataset, seed=seed) if given else Partition.of_all(dataset)
    near = np.isin(dataset.groups, dataset.groups[report])
    train, selection = (np.setdiff1d(part[~near[part]], report) for part in (base.train, base.selection))
    kept = np.union1d(base.report, report)
    alone = np.flatnonzero(np.bincount(dataset.labels[train], minlength=len(dataset.classes)) == 0)
    if len(alone):
        raise DataError(
            f"{dataset.root}: class {dataset.classes[alone[0]]!r} has no pictures but old report pictures and their "
            "like; expected others to train on; add some"
        )
    aside = len(base.train) + len(base.selection) - len(train) - len(selection)
    aside -= int(np.isin(report, np.concatenate([base.train, base.selection])).sum())
    return Partition(train, selection, kept, base.report_name if given else "held-out"), aside


def _held_out(dataset: Dataset, seed: int, share: float) -> Partition:
    order = np.array(_by_content(dataset), np.int64)
    kept, carved = carve(dataset.labels[order], dataset.groups[order], share, seed)
    if not carved.size:
        raise DataError(
            f"{dataset.root}: nothing can be held out, since the pictures of each class are copies of one another or "
            "belong to one group; expected at least two groups in a class; add other pictures, or check the groups"
        )
    lacking = len(dataset.classes) - len(np.unique(dataset.labels[order[carved]]))
    if lacking:
        progress.say(f"classes with no picture held out, since all of theirs are in one group: {lacking}")
    return Partition(np.sort(order[kept]), np.empty(0, np.int64), np.sort(order[carved]), "held-out")


def _by_content(dataset: Dataset) -> list[int]:
    """An order of the pictures that does not know their names, but for copies within one group and class."""
    return sorted(
        range(len(dataset)),
        key=lambda i: (dataset.digests[i], dataset.classes[dataset.labels[i]], dataset.paths[i]),
    )


def _mention_straddling(dataset: Dataset) -> None:
    splits: dict[int, set[str]] = {}
    for group, split in zip(dataset.groups.tolist(), dataset.splits, strict=True):
        splits.setdefault(group, set()).add(split)
    torn = sum(len(names) > 1 for names in splits.values())
    if torn:
        progress.say(f"groups that the source itself spreads over splits (kept as given): {torn}")


def folds(labels: np.ndarray, groups: np.ndarray, k: int, seed: int) -> np.ndarray:
    """A fold number 0..k-1 for each picture, int64 [N]; groups whole, classes as even as groups allow.

    labels, groups  int64 [N]
    Large groups are placed first, each where its classes are thinnest; with groups of one this is exact
    stratification: folds differ by at most one picture in every class.
    Raises DataError unless 2 <= k <= the number of groups.
    """
    size = len(np.unique(groups))
    if not 2 <= k <= size:
        raise DataError(
            f"folds: {k}; expected between 2 and {size}, the number of groups; choose another number"
        )
    # With counts[f][c] pictures of class c in fold f so far, a group with n_c of them costs
    # sum_c n_c * counts[f][c] / N_c there: the growth of the folds' unevenness, up to a constant.
    weight = 1 / np.maximum(np.bincount(labels), 1)
    counts = np.zeros((k, len(weight))).tolist()
    totals = [0] * k
    result = np.empty(len(labels), np.int64)
    for members, content in sorted(_shuffled(labels, groups, seed), key=lambda group: -len(group[0])):
        cost = [sum(n * weight[c] * row[c] for c, n in content) for row in counts]
        _, _, fold = min(zip(cost, totals, range(k), strict=True))
        result[members] = fold
        totals[fold] += len(members)
        for c, n in content:
            counts[fold][c] += n
    return result


def carve(labels: np.ndarray, groups: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(kept, carved): sorted positions, int64 [K] and [N − K], of N labels and groups.

    `carved` has about `share` of every class, groups whole.
    Every class that has two groups is in both parts where its groups allow it; a class with one is kept.
    With groups of one the share is exact to the rounding, and at least one picture. Raises DataError unless
    0 < share < 1.
    """
    if not 0 < share < 1:
        raise DataError(f"share: {share}; expected between 0 and 1; choose such as 0.2")
    total = np.bincount(labels)
    wanted = np.clip(np.rint(share * total), 1, np.maximum(total - 1, 0)).astype(int).tolist()
    left = total.tolist()
    carved = np.zeros(len(labels), bool)
    hungry = {c for c, n in enumerate(wanted) if n > 0}

    def take(members: np.ndarray, content: list[tuple[int, int]]) -> None:
        carved[members] = True
        for c, n in content:
            wanted[c] -= n
            left[c] -= n
            if wanted[c] <= 0:
                hungry.discard(c)

    def spares(content: list[tuple[int, int]]) -> bool:
        return all(left[c] > n for c, n in content)

    for members, content in _shuffled(labels, groups, seed):
        if not hungry:  # no group brings any class nearer to what it wants
            break
        nearer = sum(abs(wanted[c] - n) for c, n in content) < sum(abs(wanted[c]) for c, n in content)
        if nearer and spares(content):
            take(members, content)
    # A class of few large groups may have gone without: its smallest group then, if the class can spare it.
    again = _shuffled(labels, groups, seed) if (total == left).any() else ()
    for members, content in sorted(again, key=lambda group: len(group[0])):
        if any(left[c] == total[c] for c, _ in content) and spares(content):
            take(members, content)
    return np.flatnonzero(~carved), np.flatnonzero(carved)


def _shuffled(
    labels: np.ndarray, groups: np.ndarray, seed: int
) -> Iterator[tuple[np.ndarray, list[tuple[int, int]]]]:
    """(positions, [(class, pictures of it)]) for each group, in an order drawn from `seed`.

    The draw depends on the order in which groups first appear, not on their numbers.
    """
    _, first, number = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(first) + 1)).tolist()
    width = int(labels.max(initial=0)) + 1
    pairs, sizes = np.unique(number * width + labels, return_counts=True)
    content = list(zip((pairs % width).tolist(), sizes.tolist(), strict=True))
    ends = np.searchsorted(pairs // width, np.arange(len(first) + 1)).tolist()
    for group in np.random.default_rng(seed).permutation(np.argsort(first)).tolist():
        yield order[starts[group] : starts[group + 1]], content[ends[group] : ends[group + 1]]


def sample(labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Sorted places of at most `n` pictures, classes in proportion (at least two of each where there are)."""
    if len(labels) <= n:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    classes, counts = np.unique(labels, return_counts=True)
    quota = np.maximum(np.minimum(counts, 2), counts * n // len(labels))
    picked = [shuffled[labels[shuffled] == c][:q] for c, q in zip(classes, quota, strict=True)]
    return np.sort(np.concatenate(picked))


def selection(dataset: Dataset, partition: Partition, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(train, selection): the source's own val pictures, or a fifth carved from train."""
    if len(partition.selection):
        return partition.train, partition.selection
    train = partition.train
    kept, carved = carve(dataset.labels[train], dataset.groups[train], SELECTION_SHARE, seed)
    if not len(carved):
        raise PlanError(
            "the set is too small to set pictures aside, which gradient training needs; "
            "add pictures, or use --case 1 or 2"
        )
    return train[kept], train[carved]
