"""Folders side by side: which are splits, which are classes, and which are left aside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from headstart.counts import pictures
from headstart.data import tables
from headstart.data.folders import Entry, entries, folders_in, is_folder, is_tar, only_folder, pictures_below
from headstart.data.listing import Listing, printable, settled, some, split_word, unlabelled
from headstart.errors import DataError


def splits_among(root: str, folders: list[Entry], found: Listing) -> dict[Entry, str]:
    """{folder: split} where the folders of `root` are splits; empty where they are classes. Raises DataError.

    A folder is a split where its whole name says so, or a part of it does and it holds classes that another such folder
    holds too. `train` may be a class beside `car` and `ship`: it is a split where only splits stand beside it, and a
    mistake to point at where it has folders of its own, or `val` or `test`, beside others. Beside splits, what holds no
    pictures or is called unlabelled is left aside, with a note.
    """
    inner = {folder.name: _classes_in(folder) for folder in folders}
    words = _words(inner)
    trains = [folder for folder in folders if words.get(folder.name) == "train"]
    others = [folder for folder in folders if folder.name not in words]
    if trains and others and (len(set(words.values())) > 1 or holds_classes(trains[0].path)):
        others = [folder for folder in others if not _aside(root, folder, found)]
        if others:
            raise DataError(
                f"{root}: {some(f.name for f in others)} beside {some(words)}; expected only split folders or only "
                "class folders; move one kind elsewhere"
            )
    if others or not words:
        _refuse_repeated(root, inner)
        return {}
    meant = settled(words)
    if len(set(meant.values())) < len(meant):
        raise DataError(
            f"{root}: {some(words)} name one split twice; expected one folder for each; merge them"
        )
    return {folder: meant[folder.name] for folder in folders if folder.name in meant}


def _words(inner: Mapping[str, set[str]]) -> dict[str, str]:
    """{name: "train", "val", "test" or "eval"} of the folders that are named like splits."""
    loose = {name: split_word(name, alone=False) for name in inner if not unlabelled(name)}
    loose = {name: word for name, word in loose.items() if word}
    return {
        name: word
        for name, word in loose.items()
        if split_word(name) or any(inner[name] & inner[other] for other in loose if other != name)
    }


def _classes_in(folder: Entry) -> set[str]:
    return folders_in(only_folder(folder.path, lambda name: name == folder.name))


def _aside(root: str, folder: Entry, found: Listing) -> bool:
    """Whether a folder beside splits is no concern; that is noted."""
    if unlabelled(folder.name):
        leave_aside(found, folder.path, "unlabelled by its name")
    elif pictures_below(folder.path) == 0:
        found.notes.append(f"left aside: {printable(folder.path)}, which holds no pictures")
    else:
        return False
    return True


def leave_aside(found: Listing, folder: str, why: str) -> None:
    """A note that `folder` is not read, with the number of pictures in it."""
    found.notes.append(f"left aside: {printable(folder)}, {why}: {pictures(pictures_below(folder))}")


def holds_classes(folder: str) -> bool:
    """Whether a split's folder says what its pictures show: by folders, a table or shards."""
    return any(is_folder(e) or e.name == tables.METADATA or is_tar(e) for e in entries(folder))


def is_divided(folder: str) -> bool:
    """Whether `folder` holds a train folder and nothing but splits."""
    words = {split_word(name) for name in folders_in(folder)}
    return "train" in words and "" not in words


def origin(splits: Mapping[Entry, str]) -> str:
    """ "the folders 'Training' (train) and 'Testing' (test)" """
    order = ("train", "val", "test")
    named = sorted(splits.items(), key=lambda item: order.index(item[1]))
    told = [
        repr(folder.name) if folder.name == split else f"{folder.name!r} ({split})" for folder, split in named
    ]
    listed = ", ".join(told[:-1]) + (" and " if told[1:] else "") + told[-1]
    return f"the folder{'s' * (len(told) > 1)} {listed}"


def without_copies(folders: list[Entry], found: Listing) -> list[Entry]:
    """The folders less those that hold the others once more, as a set that was copied into itself does."""
    others = {folder.name: folder for folder in folders}
    names = set(others)
    kept = []
    for folder in folders:
        inside = _classes_in(folder)
        again = inside <= names and (len(inside) > 1 or any(map(split_word, inside)))
        if again and all(_repeats(folder, others[name]) for name in inside):
            leave_aside(found, folder.path, f"which holds {some(inside)} once more")
        else:
            kept.append(folder)
    return kept


def _repeats(folder: Entry, other: Entry) -> bool:
    """Whether the folder of other's name inside `folder` is a copy of it: half of its names or more stand there too."""
    inside = set(os.listdir(os.path.join(folder.path, other.name)))
    return 2 * len(inside & set(os.listdir(other.path))) >= len(inside)


def sets_side_by_side(root: str, folders: list[Entry]) -> Iterator[str]:
    """A note where each class folder holds but folders: they may be sets, and the classes a level below."""
    inner = {folder.name: folders_in(folder.path) for folder in folders}
    if len(inner) > 1 and all(len(names) > 1 for names in inner.values()):
        yield (
            f"the classes {some(inner)} hold but folders, such as {some(inner[min(inner)])}; where those "
            f"are the classes, name {os.path.join(root, min(inner))} in place of {root}"
        )


def _refuse_repeated(root: str, inner: Mapping[str, set[str]]) -> None:
    """Raises DataError where all folders hold the same ones: which of the two levels is the classes', none can tell."""
    common = set.intersection(*inner.values()) if len(inner) > 1 else set()
    if len(common) < 2 or 2 * len(common) < len(set().union(*inner.values())):
        return
    if all(split_word(name) for name in common):
        raise DataError(
            f"{root}: {some(common)} stand in each of {some(inner)}; expected splits above classes, as in "
            f"{os.path.join(root, 'train', next(iter(inner)))}; turn the two levels round"
        )
    raise DataError(
        f"{root}: {some(inner)} hold the same folders, {some(common)}; expected train, val or test in the names of "
        "folders that repeat the classes; name them so, or list the pictures in a table path,label"
    )
