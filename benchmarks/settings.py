"""The pictures on which frozen networks are judged, divided once and for all.

hymenoptera  245 to train, 153 of its own val split to test
brain-mri    253, five folds; copies and near twins are one group
cifar10      5,000 of train, stratified; the official test split
gtsrb        5,000 of train, stratified, the frames of one sign are one group; the official test split
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

import headstart
from headstart.data.dataset import Dataset
from headstart.data.decode import decode, read_bytes
from headstart.data.quality import unify
from headstart.data.split import folds, sample

NAMES = ("hymenoptera", "brain-mri", "cifar10", "gtsrb")
TRACK = r"([^/]+/[^_/]+)_"
FEW, FOLDS = 5_000, 5
TWINS = 0.97  # correlation of 16×16 grey thumbnails from which two scans are taken for one


@dataclass(frozen=True)
class Setting:
    """parts: (train, test) index arrays, one pair, or five of which each picture is tested in one."""

    name: str
    dataset: Dataset
    parts: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def tested(self) -> np.ndarray:
        """All test pictures, in the order in which results come."""
        return np.concatenate([test for _, test in self.parts])


def settings(
    data: Path, names: tuple[str, ...] = NAMES, *, few: int = FEW, tested: int | None = None
) -> Iterator[Setting]:
    """The settings called `names`, from folders of those names in `data`.

    few, tested: pictures of the larger sets that are trained on, and that are tested (None: all), stratified.
    """
    for name in names:
        dataset = headstart.load_data(
            str(data / name), group_regex=TRACK if name == "gtsrb" else None
        ).dataset
        if name == "brain-mri":
            dataset = replace(dataset, groups=twins(dataset))
            fold = folds(dataset.labels, dataset.groups, FOLDS, 0)
            parts = tuple((np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(FOLDS))
        else:
            given = headstart.partition(dataset, seed=0)
            train, test = given.train, given.report
            train = train[sample(dataset.labels[train], few, 0)]
            test = test if tested is None else test[sample(dataset.labels[test], tested, 0)]
            parts = ((train, test),)
        yield Setting(name, dataset, parts)


def twins(dataset: Dataset) -> np.ndarray:
    """Groups int64 [N]: the data set's own, joined where two pictures look alike."""
    small = [
        np.asarray(
            Image.fromarray(decode(read_bytes(path))).convert("L").resize((16, 16)), np.float64
        ).ravel()
        for path in dataset.paths
    ]
    near = np.corrcoef(np.stack(small)) > TWINS
    group = np.arange(len(near))
    for a, b in np.argwhere(np.triu(near, 1)):
        group[group == group[b]] = group[a]
    return unify(dataset.groups.tolist(), group.tolist())
