"""Folders, tables and shards: which layout a source has, and the pictures it names.

root/class/*                                   class folders, nested as deep as one likes
root/{train,val|valid|validation,test}/...     each of them in any of the other layouts
root/metadata.csv                              Hugging Face imagefolder: file_name,label[,split,group]
root/*.tar, or one .tar                        WebDataset shards
a .csv, .tsv or .parquet file                  path,label[,split,group]
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from headstart.data import shards, tables
from headstart.data.dataset import BadPicture
from headstart.data.listing import PICTURE_SUFFIXES, SPLIT_NAMES, Listing, Row, ignored, printable, some
from headstart.errors import DataError


def listing(source: str) -> Listing:
    """Everything that `source` names, sorted by path; no picture is opened. Raises DataError."""
    check(source)
    found = _folder(source) if os.path.isdir(source) else _file(source)
    found.rows.sort()
    return found


def check(source: str) -> None:
    """Raises DataError where there is nothing of that name."""
    if not os.path.exists(source):
        raise DataError(f"{source}: no such folder; expected a folder of pictures, a .csv, .parquet or .tar")


def _file(source: str) -> Listing:
    suffix = Path(source).suffix.lower()
    if suffix == ".tar":
        return shards.listing([source])
    if suffix in tables.SUFFIXES:
        return tables.listing(source)
    raise DataError(f"{source}: not a folder; expected a folder of pictures, a .csv, .tsv, .parquet or .tar")


def _folder(root: str) -> Listing:
    described = os.path.isfile(os.path.join(root, tables.METADATA))
    splits = {} if described else _splits(root)
    if not splits:
        return _part(root, "")
    found = Listing(bad=_loose(root, "in no split folder"))
    for split, folder in splits.items():
        found.extend(_part(folder, split))
    return found


def _splits(root: str) -> dict[str, str]:
    """{split: folder} where the folders of `root` are splits; empty where they are classes.

    `train` may be a class beside `car` and `ship`: it is a split where only splits stand beside it, and a
    mistake to point at where it has folders of its own, or `val` or `test`, beside others.
    """
    names = [entry.name for entry in _entries(root) if entry.is_dir()]
    splits = {name: SPLIT_NAMES[name.lower()] for name in names if name.lower() in SPLIT_NAMES}
    others = set(names) - set(splits)
    meanings = set(splits.values())
    trains = [os.path.join(root, name) for name in splits if splits[name] == "train"]
    if trains and others and (len(meanings) > 1 or _holds_more_than_files(trains[0])):
        raise DataError(
            f"{root}: {some(others)} beside {some(set(splits))}; expected only split folders or only class "
            f"folders; move one kind elsewhere"
        )
    if others:
        return {}
    if len(meanings) < len(splits):
        raise DataError(
            f"{root}: {some(set(splits))} name one split twice; expected one folder for each; merge them"
        )
    return {splits[name]: os.path.join(root, name) for name in names}


def _holds_more_than_files(folder: str) -> bool:
    return any(
        entry.is_dir() or entry.name == tables.METADATA or _is_tar(entry) for entry in _entries(folder)
    )


def _is_tar(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(".tar") and entry.is_file()


def _part(root: str, split: str) -> Listing:
    """One folder that is not divided into splits any further."""
    entries = _entries(root)
    table = os.path.join(root, tables.METADATA)
    if os.path.isfile(table):
        return tables.listing(table, split)
    folders = [entry for entry in entries if entry.is_dir()]
    tars = [entry.path for entry in entries if _is_tar(entry)]
    if tars and not folders:
        return shards.listing(tars, split)
    found = Listing(bad=_loose(root, "in no class folder"))
    if not folders:
        raise DataError(
            f"{root}: no class folders; expected {os.path.join(root, '<class>', '<picture>')}; "
            f"put the pictures of each class into a folder named after it"
        )
    for entry in folders:
        _add_class(found, entry, split)
    return found


def _loose(root: str, reason: str) -> list[BadPicture]:
    """Pictures at a level where their class cannot be known; notes beside the folders are no concern."""
    names = [e for e in _entries(root) if e.is_file() and Path(e.name).suffix.lower() in PICTURE_SUFFIXES]
    return [BadPicture(printable(entry.path), reason) for entry in names]


def _add_class(found: Listing, folder: os.DirEntry[str], split: str) -> None:
    if printable(folder.name) != folder.name:
        raise DataError(f"{printable(folder.path)}: a class name that is not UTF-8; rename the folder")
    found.folders.add((split, folder.name))
    start = len(folder.path) - len(folder.name)
    for entry in walk(folder.path):
        if printable(entry.path) != entry.path:
            found.bad.append(BadPicture(printable(entry.path), "its name is not UTF-8; rename it"))
        elif not entry.is_file():
            found.bad.append(BadPicture(entry.path, _what(entry)))
        else:
            found.rows.append(Row(entry.path, entry.path[start:], folder.name, split))


def _what(entry: os.DirEntry[str]) -> str:
    return "not a regular file" if os.path.exists(entry.path) else "a link to nothing"


def walk(root: str) -> Iterator[os.DirEntry[str]]:
    """Every entry below `root` that is no folder, hidden and system files aside. Raises DataError.

    Links to folders are followed, a folder once: a link back up would otherwise go round for ever.
    """
    waiting, seen = [root], set()
    while waiting:
        folder = waiting.pop()
        facts = os.stat(folder)
        if (facts.st_dev, facts.st_ino) in seen:
            continue
        seen.add((facts.st_dev, facts.st_ino))
        for entry in _entries(folder):
            if entry.is_dir():
                waiting.append(entry.path)
            else:
                yield entry


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in `folder`, hidden and system files aside, sorted by name."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry for entry in entries if not ignored(entry.name)), key=lambda entry: entry.name
            )
    except OSError as error:
        raise DataError(
            f"{printable(folder)}: cannot be read ({error.strerror}); mend its permissions"
        ) from error
