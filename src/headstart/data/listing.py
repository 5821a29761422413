"""Listing: what a source names before any picture is opened. Every layout is read into this one form."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from headstart.data.dataset import BadPicture

SPLIT_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}

_SUFFIXES = (
    "jpg jpeg jpe jfif mpo png apng gif bmp dib webp avif tif tiff ppm pgm pbm pnm jp2 j2k ico qoi pcx"
)
PICTURE_SUFFIXES = frozenset("." + name for name in _SUFFIXES.split())

_SYSTEM_FILES = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "lost+found"}
)


class Row(NamedTuple):
    """One picture as the source names it.

    path   a file's path, or `shard.tar!member`
    name   what a group expression is searched in: `class/file`, or the path as a table gives it
    label  the class's name
    split  "train", "val", "test", or "" where the source says nothing
    group  a key that pictures of one thing share, or "" where the source says nothing
    """

    path: str
    name: str
    label: str
    split: str = ""
    group: str = ""


@dataclass
class Listing:
    """Rows to be examined, files known to be unusable, and (split, class) pairs that exist, be they empty."""

    rows: list[Row] = field(default_factory=list)
    bad: list[BadPicture] = field(default_factory=list)
    folders: set[tuple[str, str]] = field(default_factory=set)

    def extend(self, other: Listing) -> None:
        self.rows += other.rows
        self.bad += other.bad
        self.folders |= other.folders

    @property
    def classes(self) -> dict[str, set[str]]:
        """The classes that each split names, whether or not a usable picture is there."""
        named: dict[str, set[str]] = {}
        for split, label in self.folders | {(row.split, row.label) for row in self.rows}:
            named.setdefault(split, set()).add(label)
        return named


def ignored(name: str) -> bool:
    """Hidden files and what operating systems leave in folders: passed over without a word."""
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def printable(path: str) -> str:
    """`path` as it is where it is UTF-8, else with its odd bytes written out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def some(names: list[str] | set[str], most: int = 5) -> str:
    """A few names for a message: 'a', 'b' and 3 more."""
    ordered = sorted(names)
    shown = ", ".join(repr(name) for name in ordered[:most])
    return shown if len(ordered) <= most else f"{shown} and {len(ordered) - most} more"
