"""What more pictures bring: learning curves of draws of pictures, and what twice and four times as many came to.

    python benchmarks/more/draw.py --data DIR [--sets cifar10 gtsrb …] [--lite0]

Features are extracted once a set, and kept by headstart's own cache; all else is numpy. A draw is a stratified sample
of n training pictures, the 2n and 4n of the same order hold it. Results go to benchmarks/more/draws.csv, which judge.py
reads; what lies there is not drawn again.

`unseen` is the 50 tiny-imagenet classes of unseen-classes.txt through the twin of `small` that never saw them; of
these 10 and 20 are drawn too. `tracks` is gtsrb with whole tracks drawn, where `gtsrb` draws frames. `seen` is 50
classes of tiny-imagenet through `small`, which was trained on these very pictures.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "regret"))

from cases import dataset_of

import headstart
from headstart import progress
from headstart.data.split import folds, sample
from headstart.evidence.profile import ProbeTable
from headstart.extraction import extract
from headstart.heads.probe import fit, typical_count
from headstart.intervals import proportion
from headstart.runtime import Execution

RESULTS = Path(__file__).parent / "draws.csv"
TWIN = str(Path(__file__).parents[1] / "regret" / "small-twin")
LADDER = (50, 100, 200, 500, 1_000, 2_000, 5_000)
FEWEST = 3  # pictures of a class, or tracks, on average
TESTED = 4_000
# Set → (data, network, training pictures at most, classes that are drawn; 0: all)
SETS = {
    "digits": ("digits", "small", None, (0,)),
    "hymenoptera": ("hymenoptera", "small", None, (0,)),
    "brain-mri": ("brain-mri", "small", None, (0,)),
    "unseen": ("unseen", TWIN, None, (10, 20, 0)),
    "cifar10": ("cifar10", "small", 20_000, (0,)),
    "gtsrb": ("gtsrb", "small", None, (0,)),
    "tracks": ("gtsrb", "small", None, (0,)),  # 43 classes: from 2,000 pictures on
    "seen": ("tiny-imagenet", "small", None, (50,)),
}
LITE0 = {
    "hymenoptera": ("hymenoptera", "lite0", None, (0,)),
    "brain-mri": ("brain-mri", "lite0", None, (0,)),
    "digits": ("digits", "lite0", 1_200, (0,)),
    "cifar10": ("cifar10", "lite0", 4_000, (0,)),
    "gtsrb": ("gtsrb", "lite0", 4_000, (0,)),
}
HEAD = (
    *("set", "network", "classes", "n", "seed", "typical", "counts", "accuracies", "errors"),
    *("cv2", "cv2_error", "cv4", "cv4_error", "test1", "test2", "test4", "tested"),
)


@dataclass(frozen=True)
class Table:
    """x float32 [N, D] of one cut, labels and groups int64 [N]; the first `train` rows may be drawn from."""

    x: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    train: int

    def of_classes(self, count: int, seed: int) -> Table:
        """Of `count` classes drawn by the seed; all where it is 0."""
        if not count:
            return self
        names = np.unique(self.labels)
        chosen = np.sort(np.random.default_rng(seed).choice(names, count, replace=False))
        kept = np.flatnonzero(np.isin(self.labels, chosen))
        labels = np.searchsorted(chosen, self.labels[kept])
        return Table(self.x[kept], labels, self.groups[kept], int((kept < self.train).sum()))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--lite0", action="store_true", help="through lite0 at 224 pixels")
    args = parser.parse_args()
    known = LITE0 if args.lite0 else SETS
    done = {tuple(row[name] for name in HEAD[:5]) for row in read()} if RESULTS.is_file() else set()
    for name in args.sets or known:
        domain, network, most, classes = known[name]
        table = load(args.data, domain, network, most)
        for count in classes:
            for row in drawn(name, Path(network).name, table, count, done):
                write(row)
    return 0


def load(data: Path, domain: str, network: str, most: int | None) -> Table:
    """The features at the cut whose probe is best on 1,000 training pictures."""
    dataset = dataset_of(data, domain)
    given = headstart.partition(dataset, seed=0)
    train = given.train if most is None else given.train[sample(dataset.labels[given.train], most, 0)]
    test = given.report[sample(dataset.labels[given.report], 1_500 if network == "lite0" else TESTED, 0)]
    index = np.concatenate([train, test])
    backbone = headstart.load_backbone(network, image_size=224 if network == "lite0" else None)
    features = extract(dataset, index, backbone, execution=Execution())
    labels, groups = dataset.labels[index], dataset.groups[index]
    some = sample(labels[: len(train)], 1_000, 0)
    probes = {
        cut: _table(labels[some], groups[some]).probe(features.x[cut][some]).accuracy
        for cut in backbone.stage_names
    }
    return Table(features.x[max(probes, key=lambda cut: probes[cut])], labels, groups, len(train))


def drawn(name: str, network: str, whole: Table, classes: int, done: set) -> Iterator[dict]:
    for n in LADDER:
        for seed in range(10 if n <= 500 else 5 if n <= 2_000 else 3):
            table = whole.of_classes(classes, seed)
            count = len(np.unique(table.labels))
            key = (name, network, str(count), str(n), str(seed))
            if n < FEWEST * count * (15 if name == "tracks" else 1) or 2 * n > table.train or key in done:
                continue
            order = _order(table, seed, whole_groups=name == "tracks")
            progress.say(f"{name}, {network}, {count} classes, {n} pictures, seed {seed}")
            yield {**dict(zip(HEAD[:5], key, strict=True)), **one(table, order, n, seed)}


def _order(table: Table, seed: int, *, whole_groups: bool) -> np.ndarray:
    """An order of the training rows every beginning of which is a stratified sample."""
    rng = np.random.default_rng(seed)
    labels, groups = table.labels[: table.train], table.groups[: table.train]
    if whole_groups:
        names, first = np.unique(groups, return_index=True)
        ranked = _stratified(labels[first], rng)
        return np.concatenate([np.flatnonzero(groups == names[place]) for place in ranked])
    return _stratified(labels, rng)


def _stratified(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rank = np.empty(len(labels))
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        rank[rng.permutation(places)] = (np.arange(len(places)) + rng.random()) / len(places)
    return np.argsort(rank)


def one(table: Table, order: np.ndarray, n: int, seed: int) -> dict:
    """One draw: its curve, and what came of twice and four times as many."""
    rows, found = order[:n], {}
    labels, groups = table.labels[rows], table.groups[rows]
    x, probes = table.x[rows], _table(labels, groups, seed)
    probe = probes.probe(x)
    points = probes.curve(x, probe, seed)
    found["test1"] = _tested(table, rows, probe.l2)
    for times in (2, 4):
        rows = order[: times * n]
        if len(rows) < times * n:
            found |= {f"cv{times}": "", f"cv{times}_error": "", f"test{times}": ""}
            continue
        later = _table(table.labels[rows], table.groups[rows], seed).probe(table.x[rows])
        low, high = proportion(later.correct, table.groups[rows])
        found |= {f"cv{times}": f"{later.accuracy:.5f}", f"cv{times}_error": f"{(high - low) / 3.92:.5f}"}
        found[f"test{times}"] = _tested(table, rows, later.l2)
    return {
        "typical": typical_count(labels, groups),
        "counts": " ".join(str(point.n) for point in points),
        "accuracies": " ".join(f"{point.accuracy:.5f}" for point in points),
        "errors": " ".join(f"{point.error:.5f}" for point in points),
        "tested": len(table.labels) - table.train,
        **found,
    }


def _tested(table: Table, rows: np.ndarray, l2: float) -> str:
    """Accuracy on the test rows of the probe trained on `rows`."""
    ridge = fit(table.x[rows], table.labels[rows], int(table.labels.max()) + 1, l2)
    test = slice(table.train, None)
    return f"{(ridge.predict(table.x[test]) == table.labels[test]).mean():.5f}"


def _table(labels: np.ndarray, groups: np.ndarray, seed: int = 0) -> ProbeTable:
    fold = folds(labels, groups, min(5, len(np.unique(groups))), seed)
    with progress.bar("probing", 1) as bar:
        return ProbeTable(labels, groups, int(labels.max()) + 1, fold, bar)


def read() -> list[dict[str, str]]:
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(row: dict) -> None:
    new = not RESULTS.is_file()
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEAD)
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    raise SystemExit(main())
