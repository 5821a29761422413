"""The settings on which choices are judged: a data set, so many pictures a class, one seed.

hymenoptera, brain-mri, cifar10, gtsrb, digits, and the 50 tiny-imagenet classes of `unseen-classes.txt`. Test pictures
are the data set's own split (a held-out part for brain-mri and digits), at most TESTED of them, and the same for every
seed; the seed draws the training pictures.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import headstart
from headstart import cache
from headstart.cli.demo import handwritten_digits
from headstart.data.dataset import Dataset, Partition
from headstart.data.split import sample
from settings import TRACK, twins

EACH = {
    "hymenoptera": (20, 0),
    "brain-mri": (20, 0),
    "digits": (10, 50),
    "cifar10": (10, 100, 500),
    "gtsrb": (10, 50),
    "unseen": (10, 50, 200),
}
TESTED = 4_000
UNSEEN = Path(__file__).parents[1] / "unseen-classes.txt"


@dataclass(frozen=True)
class Case:
    """domain: the data set; each: training pictures a class at most, 0 for all; seed draws them."""

    domain: str
    each: int
    seed: int
    dataset: Dataset
    partition: Partition

    @property
    def name(self) -> str:
        return f"{self.domain} {self.each or 'all'}"


def cases(data: Path, domains: list[str], seeds: list[int]) -> Iterator[Case]:
    """Every setting of the named data sets."""
    for domain in domains:
        dataset = dataset_of(data, domain)
        given = headstart.partition(dataset, seed=0)
        report = given.report[sample(dataset.labels[given.report], TESTED, 0)][:TESTED]
        for each in EACH[domain]:
            for seed in seeds:
                train = _drawn(dataset.labels, given.train, each, seed)
                yield Case(domain, each, seed, dataset, replace(given, train=train, report=np.sort(report)))


def dataset_of(data: Path, domain: str) -> Dataset:
    if domain == "digits":
        return headstart.load_data(str(handwritten_digits(cache.folder("demo")))).dataset
    if domain == "unseen":
        whole = headstart.load_data(str(data / "tiny-imagenet")).dataset
        chosen = set(re.findall(r"^n\d+", UNSEEN.read_text(encoding="utf-8"), re.MULTILINE))
        return whole.without([name for name in whole.classes if name not in chosen])
    grouped = TRACK if domain == "gtsrb" else None
    dataset = headstart.load_data(str(data / domain), group_regex=grouped).dataset
    return replace(dataset, groups=twins(dataset)) if domain == "brain-mri" else dataset


def _drawn(labels: np.ndarray, train: np.ndarray, each: int, seed: int) -> np.ndarray:
    """At most `each` pictures of every class, drawn by the seed; all where it is 0."""
    if not each:
        return train
    rng = np.random.default_rng(seed)
    parts = [rng.permutation(train[labels[train] == label])[:each] for label in np.unique(labels[train])]
    return np.sort(np.concatenate(parts))
