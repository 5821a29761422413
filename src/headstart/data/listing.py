"""Listing: what a source names before any picture is opened. Every layout is read into this one form."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from headstart.data.dataset import BadPicture
from headstart.data.given import Given

_SPLIT_WORDS = {
    "train": "train training trainset trainingset trn",
    "val": "val valid validation valset validationset dev devel development devset",
    "test": "test testing testset tst",
    "eval": "eval evaluation evalset",
}
_MEANING = {word: split for split, words in _SPLIT_WORDS.items() for word in words.split()}
_FILLERS = {"set", "sets", "data", "dataset", "split", "part", "folder"}
_FILLERS |= {"image", "images", "img", "imgs", "picture", "pictures", "photos"}
_UNLABELLED = {"unlabeled", "unlabelled", "unannotated", "unsupervised"}
_UNLABELLED |= {"pred", "predict", "prediction", "predictions", "inference"}

_SUFFIXES = (
    "jpg jpeg jpe jfif mpo png apng gif bmp dib webp avif tif tiff ppm pgm pbm pnm jp2 j2k ico qoi pcx"
)
PICTURE_SUFFIXES = frozenset("." + name for name in _SUFFIXES.split())

_SYSTEM_FILES = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "lost+found"}
)


# A taxonomy that the source itself holds: its nested class folders, or a column of its table.
FOLDERS, COLUMN = "folders", "column:"


def column_of(tree: str) -> str:
    """The column that a taxonomy stands in, or ""."""
    return tree.removeprefix(COLUMN) if tree.startswith(COLUMN) else ""


class Row(NamedTuple):
    """One picture as the source names it.

    path   a file's path, `shard.tar!member`, or what a picture in memory is called
    name   what a group expression is searched in: `class/file`, or the path as a table gives it
    label  the class's name
    split  "train", "val", "test", or "" where the source says nothing
    group  a key that pictures of one thing share, or "" where the source says nothing
    held   the picture itself where it is in memory
    branch the names above the class in a taxonomy, from the top down, where the source has one
    """

    path: str
    name: str
    label: str
    split: str = ""
    group: str = ""
    held: Given | None = None
    branch: tuple[str, ...] = ()

    @property
    def picture(self) -> str | Given:
        """What it is read from."""
        return self.held or self.path


@dataclass
class Listing:
    """Rows to be examined, files known to be unusable, and (split, class) pairs that exist, be they empty.

    origin  what the splits were read from, in words; "" where there are none
    notes   what was left aside or joined, in sentences with counts
    """

    rows: list[Row] = field(default_factory=list)
    bad: list[BadPicture] = field(default_factory=list)
    folders: set[tuple[str, str]] = field(default_factory=set)
    origin: str = ""
    notes: list[str] = field(default_factory=list)

    def extend(self, other: Listing) -> None:
        self.rows += other.rows
        self.bad += other.bad
        self.folders |= other.folders
        self.origin = self.origin or other.origin
        self.notes += other.notes

    @property
    def classes(self) -> dict[str, set[str]]:
        """The classes that each split names, whether or not a usable picture is there."""
        named: dict[str, set[str]] = {}
        for split, label in self.folders | {(row.split, row.label) for row in self.rows}:
            named.setdefault(split, set()).add(label)
        return named

    def settle(self) -> None:
        """Writes class names in one way (NFC) where Unicode has several."""
        found = {label for _, label in self.folders}.union(row.label for row in self.rows)
        other = {label: one_spelling(label) for label in found if one_spelling(label) != label}
        joined = sorted(set(other.values()) & found)
        if joined:
            self.notes.append(f"classes whose names are one name written in two ways, joined: {some(joined)}")
        if other:
            self.rows = [row._replace(label=other.get(row.label, row.label)) for row in self.rows]
            self.folders = {(split, other.get(label, label)) for split, label in self.folders}


def one_spelling(name: str) -> str:
    """`name` in Unicode's composed form (NFC): an é is one character, however it was typed or stored."""
    return unicodedata.normalize("NFC", name)


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_A-Za-z]+", name)]


def split_word(name: str, *, alone: bool = True) -> str:
    """ "train", "val", "test" or "eval" where a word of `name` says one of them, else "".

    alone: nothing else may be said: `training_set` and `Val2017` are splits, `steam train` is none.
    """
    words = _words(name)
    found = {_MEANING[word] for word in words if word in _MEANING}
    rest = set(words) - _FILLERS - _MEANING.keys()
    return found.pop() if len(found) == 1 and not (alone and rest) else ""


def settled(words: Mapping[str, str]) -> dict[str, str]:
    """{name: "train", "val" or "test"}, of split_word() for each name: "eval" is test where nothing else is."""
    last = "val" if "test" in words.values() and "val" not in words.values() else "test"
    return {name: last if word == "eval" else word for name, word in words.items()}


def unlabelled(name: str) -> bool:
    """Whether a folder's name says that its pictures have no classes: `unlabeled`, `seg_pred`."""
    return bool(_UNLABELLED & set(_words(name)))


def ignored(name: str) -> bool:
    """Hidden files and what operating systems leave in folders: passed over without a word."""
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def printable(path: str) -> str:
    """`path` as it is where it is UTF-8, else with its odd bytes written out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def meant(name: str, classes: Collection[str]) -> str:
    """What a line about a class that there is none of ends with: the class nearest to it, or those that there are."""
    near = get_close_matches(name, classes, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {some(classes)}"


def some(names: Iterable[str], most: int = 5) -> str:
    """A few names for a message: 'a', 'b' and 3 more."""
    ordered = sorted(names)
    shown = ", ".join(repr(name) for name in ordered[:most])
    return shown if len(ordered) <= most else f"{shown} and {len(ordered) - most} more"
