"""Folders, tables and shards: which layout a source has, and the pictures it names.

root/class/*                                   class folders, nested as deep as one likes
root/{train,val|valid|validation,test}/...     each of them in any of the other layouts
root/metadata.csv                              Hugging Face imagefolder: file_name,label[,split,group]
root/*.tar, or one .tar                        WebDataset shards
a .csv, .tsv or .parquet file                  path,label[,split,group]

A split's folder may say more than its split (`Training`, `test_set`, `dev`; `seg_train` beside `seg_test` where both
hold the same classes), and stand twice (`train/train/class`). What is left aside is said in a note, with its pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

from headstart.data import shards, tables
from headstart.data.dataset import BadPicture
from headstart.data.folders import (
    Entry,
    entries,
    is_file,
    is_folder,
    is_named_like_a_picture,
    is_tar,
    loose,
    only_folder,
    walk,
    why_no_file,
)
from headstart.data.listing import FOLDERS, Listing, Row, column_of, printable, split_word
from headstart.data.split_folders import (
    holds_classes,
    is_divided,
    leave_aside,
    origin,
    sets_side_by_side,
    splits_among,
    without_copies,
)
from headstart.errors import DataError


def listing(source: str, tree: str = "") -> Listing:
    """Everything that `source` names, sorted by path; no picture is opened. Raises DataError.

    tree: "folders" takes the innermost class folders for the classes, "column:NAME" the nodes above a class from that
    column of a table; see `headstart.data.trees`.
    """
    check(source)
    found = _folder(source, tree) if os.path.isdir(source) else _file(source, tree)
    found.settle()
    found.rows.sort()
    return found


def check(source: str) -> None:
    """Raises DataError where there is nothing of that name."""
    if not os.path.exists(source):
        raise DataError(f"{source}: no such folder; expected a folder of pictures, a .csv, .parquet or .tar")


def _file(source: str, tree: str) -> Listing:
    suffix = Path(source).suffix.lower()
    if suffix == ".tar":
        return shards.listing([source])
    if suffix in tables.SUFFIXES:
        return tables.listing(source, column=column_of(tree))
    raise DataError(f"{source}: not a folder; expected a folder of pictures, a .csv, .tsv, .parquet or .tar")


def _folder(source: str, tree: str) -> Listing:
    root = only_folder(source, lambda name: _repeats(source, name))
    found = Listing(notes=[f"read from {root}, the only folder in {source}"] if root != source else [])
    folders = without_copies([entry for entry in entries(root) if is_folder(entry)], found)
    described = _is_described(root, folders, found)
    splits = {} if described else splits_among(root, folders, found)
    if not splits:
        found.extend(_described(root, "", tree) if described else _part(root, folders, "", tree))
        return found
    found.bad += loose(root, "in no split folder")
    _add_splits(found, splits, tree)
    return found


def _repeats(source: str, name: str) -> bool:
    """Whether the only folder in `source` is the set itself: what archives unpack to."""
    inside = os.path.join(source, name)
    twice = name == os.path.basename(os.path.abspath(source)) and any(map(is_folder, entries(inside)))
    return twice or is_divided(inside)


def _add_splits(found: Listing, splits: dict[Entry, str], tree: str) -> None:
    roots = {
        folder.path: only_folder(folder.path, lambda name, split=split: _is_split(name, split))
        for folder, split in splits.items()
    }
    labelled = [path for path, root in roots.items() if holds_classes(root)]
    read = {folder: split for folder, split in splits.items() if folder.path in labelled or not labelled}
    found.origin = origin(read)
    for folder in (folder for folder in splits if folder not in read):
        leave_aside(found, folder.path, "which holds no class folders")
    for folder, split in read.items():
        root = roots[folder.path]
        folders = without_copies([entry for entry in entries(root) if is_folder(entry)], found)
        described = _is_described(root, folders, found)
        found.extend(_described(root, split, tree) if described else _part(root, folders, split, tree))


def _is_split(name: str, split: str) -> bool:
    return split_word(name, alone=False) in (split, "eval")


def _is_described(root: str, folders: list[Entry], found: Listing) -> bool:
    """Whether metadata.csv lists the pictures of `root`; where it is about something else beside folders, a note."""
    table = os.path.join(root, tables.METADATA)
    if not os.path.isfile(table):
        return False
    other = tables.describes(table) if folders else ""
    if other:
        found.notes.append(f"{printable(table)} is no table of the pictures ({other}); the folders are read")
    return not other


def _described(root: str, split: str, tree: str) -> Listing:
    """The pictures that metadata.csv lists, and a note of how many others there are."""
    found = tables.listing(os.path.join(root, tables.METADATA), split, column=column_of(tree))
    listed = {os.path.normpath(row.path) for row in found.rows}
    here = (os.path.normpath(entry.path) for entry in walk(root) if is_named_like_a_picture(entry))
    others = sum(path not in listed for path in here)
    if others:
        found.notes.append(f"pictures that {tables.METADATA} does not list, left aside: {others:,}")
    return found


def _part(root: str, folders: list[Entry], split: str, tree: str) -> Listing:
    """The class folders or shards of one folder that is not divided into splits any further."""
    tars = [entry.path for entry in entries(root) if is_tar(entry)]
    if tars and not folders:
        return shards.listing(tars, split)
    found = Listing(bad=loose(root, "in no class folder"))
    if not folders:
        raise DataError(
            f"{root}: no class folders; expected {os.path.join(root, '<class>', '<picture>')}; "
            f"put the pictures of each class into a folder named after it"
        )
    for entry in folders:
        _add_class(found, entry, split, nested=tree == FOLDERS)
    found.notes += [] if tree == FOLDERS else sets_side_by_side(root, folders)
    return found


def _add_class(found: Listing, folder: Entry, split: str, *, nested: bool) -> None:
    """The pictures below a class folder, or, nested, of every class folder below it."""
    if printable(folder.name) != folder.name:
        raise DataError(f"{printable(folder.path)}: a class name that is not UTF-8; rename the folder")
    if not nested:
        found.folders.add((split, folder.name))
    start = len(folder.path) - len(folder.name)
    for entry in walk(folder.path):
        if printable(entry.path) != entry.path:
            found.bad.append(BadPicture(printable(entry.path), "its name is not UTF-8; rename it"))
        elif not is_file(entry):
            found.bad.append(BadPicture(entry.path, why_no_file(entry)))
        else:
            name = entry.path[start:]
            *above, label = Path(name).parts[:-1] if nested else (folder.name,)
            found.rows.append(Row(entry.path, name, label, split, branch=tuple(above)))
