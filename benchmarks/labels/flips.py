"""Flips 5 % of the labels and looks whether they are found. Prints Markdown tables.

    python benchmarks/labels/flips.py --data DIR [--sets NAME ...]

lite0 with all cuts side by side, as `headstart review` has it; labels of the training pictures are flipped to any other
class, three draws. Precision: of the first 5 % of all pictures, the least probable label first, how many were flipped;
suggested: of these, how often the suggested class is the true one. Listed: what review would list, and how many of that
were flipped. Accuracy of a solved head on test pictures whose labels nobody touched: with the flips, with the first 5 %
relabelled as suggested, and with the labels as they came. gtsrb twice: single frames, and whole tracks.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import headstart
from headstart.data.dataset import Dataset
from headstart.data.split import sample
from headstart.extraction import extract
from headstart.heads import head as heads
from headstart.screening import confident, labels

SHARE, FEW, SEEDS = 0.05, 2_000, (0, 1, 2)
TRACK = r"([^/]+/[^_/]+)_"
SETS = (("hymenoptera", "pictures"), ("cifar10", "pictures"), ("gtsrb", "pictures"), ("gtsrb", "groups"))


@dataclass(frozen=True)
class Setting:
    """dataset: N pictures to learn from; x, test [N, D] and [T, D]: features; widths of the cuts; answers int64 [T]."""

    dataset: Dataset
    x: np.ndarray
    test: np.ndarray
    widths: list[int]
    answers: np.ndarray

    def solved(self, given: np.ndarray, seed: int) -> heads.Solved:
        return heads.solve(
            self.x,
            given,
            len(self.dataset.classes),
            widths=self.widths,
            groups=self.dataset.groups,
            seed=seed,
        )

    def accuracy(self, head: heads.Head) -> float:
        return float((head.logits(self.test).argmax(1) == self.answers).mean())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=[name for name, _ in SETS])
    args = parser.parse_args()
    print(
        "| set | flipped | first 5 %: precision | suggested right | listed, of these flipped | noise said |",
        end="",
    )
    print(" accuracy with flips | relabelled | clean |")
    print("|-|-|-|-|-|-|-|-|-|", flush=True)
    for name, what in SETS:
        if name in args.sets:
            setting = prepared(args.data / name, TRACK if name == "gtsrb" else None)
            rows = np.array([row(setting, what, seed) for seed in SEEDS])
            one = rows.mean(axis=0)
            print(
                f"| {name} | {what} | {one[0]:.3f} ({rows[:, 0].min():.2f} to {rows[:, 0].max():.2f}) | {one[1]:.3f} | "
                f"{one[2]:.0f}, {one[3]:.3f} | {one[4]:.3f} | {one[5]:.3f} | {one[6]:.3f} | {one[7]:.3f} |",
                flush=True,
            )
    return 0


def prepared(place: Path, group_regex: str | None) -> Setting:
    """At most FEW pictures to learn from and to test on, stratified; the set's own splits."""
    dataset = headstart.load_data(str(place), group_regex=group_regex).dataset
    parts = headstart.partition(dataset, seed=0)
    train, test = (part[sample(dataset.labels[part], FEW, 0)] for part in (parts.train, parts.report))
    backbone = headstart.load_backbone("lite0")
    channels = {stage.name: stage.channels for stage in backbone.stages}
    x, of_test = (
        extract(dataset, index, backbone).at(backbone.stage_names, "avgstd", channels)
        for index in (train, test)
    )
    widths = [stage.width("avgstd") for stage in backbone.stages]
    return Setting(dataset.take(train), x, of_test, widths, dataset.labels[test])


def row(setting: Setting, what: str, seed: int) -> tuple[float, ...]:
    """The figures of one draw."""
    true, classes = setting.dataset.labels, len(setting.dataset.classes)
    given = flipped(true, setting.dataset.groups, classes, what, seed)
    wrong, count = given != true, round(SHARE * len(true))
    solved, dataset = setting.solved(given, seed), replace(setting.dataset, labels=given)
    assert solved.held_out is not None
    judged = labels.judge(dataset, solved.held_out, np.arange(len(true)))
    own, other = (
        how(given[judged.places], judged.p) for how in (confident.self_confidence, confident.likeliest_other)
    )
    first = np.argsort(own, kind="stable")[:count]
    places, suggested = judged.places[first], other[first]
    listed = {one.digest for one in labels.suspects(dataset, judged)}
    found = np.array([digest in listed for digest in dataset.digests])
    relabelled = given.copy()
    relabelled[places] = suggested
    return (
        float(wrong[places].mean()),
        float((suggested == true[places])[wrong[places]].mean()),
        int(found.sum()),
        float(wrong[found].mean()) if found.any() else np.nan,
        judged.noise.rate,
        setting.accuracy(solved.head),
        setting.accuracy(setting.solved(relabelled, seed).head),
        setting.accuracy(setting.solved(true, seed).head),
    )


def flipped(true: np.ndarray, groups: np.ndarray, classes: int, what: str, seed: int) -> np.ndarray:
    """The labels with SHARE of them moved to any other class: of single pictures, or of whole groups."""
    rng, given = np.random.default_rng(seed), true.copy()
    if what == "pictures":
        moved = rng.permutation(len(true))[: round(SHARE * len(true))]
        given[moved] = (true[moved] + rng.integers(1, classes, len(moved))) % classes
        return given
    done = 0
    for group in rng.permutation(np.unique(groups)):
        if done >= SHARE * len(true):
            break
        members = np.flatnonzero(groups == group)
        given[members] = (true[members] + rng.integers(1, classes)) % classes
        done += len(members)
    return given


if __name__ == "__main__":
    raise SystemExit(main())
