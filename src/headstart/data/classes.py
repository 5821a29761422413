"""Which classes there are, which are learnt, and which are too small for it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from headstart.data.dataset import Dataset
from headstart.data.folders import folders_in
from headstart.data.listing import Listing, meant, one_spelling, some
from headstart.errors import DataError

LEAST = 3  # pictures of a class to learn from


def opening(listing: Listing, *, training: bool) -> str:
    """ "2 classes: 'ant', 'bee'; splits from the folders 'Training' (train) and 'Testing' (test)" """
    classes = set().union(*listing.classes.values())
    held_out = not listing.classes.keys() & {"val", "test"}
    told = f"splits from {listing.origin}" if listing.origin else "no splits given"
    if held_out and training:
        told = f"no splits given but {listing.origin}" if listing.origin else told
        told += ": a fifth is held out"
    return f"{len(classes):,} class{'es' * (len(classes) != 1)}: {some(classes)}; {told}"


def leave_out(source: str, listing: Listing, without: Collection[str]) -> dict[str, int]:
    """Takes classes out of the listing; class → files of it. Raises DataError where there is none of that name."""
    wanted = {one_spelling(name) for name in without}
    there = set().union(*listing.classes.values())
    for name in sorted(wanted - there):
        raise DataError(
            f"{source}: no class {name!r} to leave out (--without), nor a file that lists any; {meant(name, there)}"
        )
    if wanted and wanted == there:
        raise DataError(f"{source}: no class would be left; leave out fewer than all {len(there)}")
    counts = dict.fromkeys(sorted(wanted), 0)
    for row in listing.rows:
        if row.label in wanted:
            counts[row.label] += 1
    listing.rows = [row for row in listing.rows if row.label not in wanted]
    listing.folders = {(split, label) for split, label in listing.folders if label not in wanted}
    return counts


def rare(dataset: Dataset, named: Mapping[str, set[str]], least: int) -> dict[str, int]:
    """Class → its pictures, of the classes with fewer than `least` pictures to learn from; named: as for demand()."""
    learnt = np.array(dataset.splits) == _to_learn(named)
    counts = np.bincount(dataset.labels[learnt], minlength=len(dataset.classes)).tolist()
    return {name: n for name, n in zip(dataset.classes, counts, strict=True) if n < least}


def _to_learn(named: Mapping[str, set[str]]) -> str:
    return "train" if "train" in named else ""


def told(listing: Listing) -> Iterator[str]:
    """Notes about names that differ only in case, and about splits without some of the classes."""
    alike: dict[str, list[str]] = {}
    for name in sorted(set().union(*listing.classes.values())):
        alike.setdefault(name.casefold(), []).append(name)
    for names in alike.values():
        if len(names) > 1:
            yield f"classes whose names differ only in case, taken for different ones: {some(names)}"
    train = listing.classes.get("train", set())
    for split, names in sorted(listing.classes.items()):
        if train - names:
            yield f"{split} lacks classes of train: accuracies there say nothing of {some(train - names)}"


def told_left_out(left_out: Mapping[str, int], why: str) -> Iterator[str]:
    """A note of the classes that were left out, and how many files each had."""
    if left_out:
        yield f"classes left out ({why}): {_counted(left_out)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name!r} ({count:,})" for name, count in sorted(counts.items()))


def _one_class_cure(source: str, dataset: Dataset) -> str:
    """What to do about one class: name its folder where the classes stand a level below."""
    parts = Path(os.path.relpath(dataset.paths[0], source)).parts if os.path.isdir(source) else ()
    if dataset.classes[0] in parts:
        folder = os.path.join(source, *parts[: parts.index(dataset.classes[0]) + 1])
        inside = folders_in(folder)
        if len(inside) > 1:
            return (
                f"{some(inside)} stand in it: name {folder} where these are the classes, or add another class"
            )
    return "add another"


def demand(source: str, named: Mapping[str, set[str]], dataset: Dataset) -> None:
    """Raises DataError unless the classes can be learnt and train has those of every split.

    named: the classes that each split of the source names
    """
    if set(named) & {"val", "test"} and "train" not in named:
        raise DataError(f"{source}: no train split, only {some(named)}; add one to learn from")
    where = _to_learn(named)
    if len(dataset.classes) < 2:
        raise DataError(
            f"{source}: one class, {some(dataset.classes)}; expected at least 2; {_one_class_cure(source, dataset)}"
        )
    for split in sorted(set(named) - {where}):
        if new := (named[split] - named[where]) & {*dataset.classes}:
            raise DataError(
                f"{source}: {split} has {some(new)} that train lacks; expected the classes of train; "
                "make the class names of both equal"
            )
    if few := rare(dataset, named, LEAST):
        cure = f", or leave the classes out (--min-per-class {LEAST}, or --without NAME)"
        raise DataError(
            f"{source}: classes with fewer than {LEAST} usable pictures{' in train' * bool(where)}: {_counted(few)}; "
            f"add pictures{cure * (len(dataset.classes) - len(few) > 1)}"
        )
