"""Folders as they stand on a disk: what is in them and below them, links and odd names included."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from headstart.data.dataset import BadPicture
from headstart.data.listing import PICTURE_SUFFIXES, ignored, printable
from headstart.errors import DataError

Entry = os.DirEntry[str]


def entries(folder: str) -> list[Entry]:
    """What is in `folder`, hidden and system files aside, sorted by name. Raises DataError."""
    try:
        with os.scandir(folder) as found:
            return sorted((entry for entry in found if not ignored(entry.name)), key=lambda e: e.name)
    except OSError as error:
        raise DataError(
            f"{printable(folder)}: cannot be read ({error.strerror}); mend its permissions"
        ) from error


def is_folder(entry: Entry) -> bool:
    """As entry.is_dir(), and False where that cannot be told, as of a link that leads to itself."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_file(entry: Entry) -> bool:
    """As entry.is_file(), and False where that cannot be told."""
    try:
        return entry.is_file()
    except OSError:
        return False


def is_tar(entry: Entry) -> bool:
    return entry.name.lower().endswith(".tar") and is_file(entry)


def is_named_like_a_picture(entry: Entry) -> bool:
    return Path(entry.name).suffix.lower() in PICTURE_SUFFIXES


def why_no_file(entry: Entry) -> str:
    """What an entry is that is neither a folder nor a file that can be read."""
    try:
        os.stat(entry.path)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads back to itself"
        return "a link to nothing" if error.errno == errno.ENOENT else f"cannot be read: {error.strerror}"
    return "not a regular file"


def walk(root: str) -> Iterator[Entry]:
    """Every entry below `root` that is no folder, hidden and system files aside. Raises DataError.

    Links to folders are followed, a folder once, and none that `root` lies in: a link back up would go round for ever,
    or take the pictures of other classes for those of this one.
    """
    waiting, seen = [root], {_identity(str(above)) for above in _above(root)}
    while waiting:
        folder = waiting.pop()
        if (identity := _identity(folder)) in seen:
            continue
        seen.add(identity)
        for entry in entries(folder):
            if is_folder(entry):
                waiting.append(entry.path)
            else:
                yield entry


def _above(root: str) -> set[Path]:
    return {*Path(os.path.abspath(root)).parents, *Path(os.path.realpath(root)).parents}


def _identity(folder: str) -> tuple[int, int]:
    try:
        facts = os.stat(folder)
    except OSError as error:
        raise DataError(
            f"{printable(folder)}: cannot be read ({error.strerror}); mend its permissions"
        ) from error
    return facts.st_dev, facts.st_ino


def pictures_below(folder: str) -> int:
    """How many files below `folder` are named like pictures."""
    return sum(is_named_like_a_picture(entry) for entry in walk(folder))


def folders_in(folder: str) -> set[str]:
    """The names of the folders in `folder`; none where pictures stand beside them, or it cannot be read."""
    names = set()
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if is_folder(entry):
                    names |= set() if ignored(entry.name) else {entry.name}
                elif is_named_like_a_picture(entry) and not ignored(entry.name):
                    return set()
    except OSError:
        return set()  # walk() says why, where it is read
    return names


def only_folder(folder: str, wanted: Callable[[str], bool]) -> str:
    """`folder`, or the one folder in it where nothing else holds pictures and its name is `wanted`, and so on down."""
    inside = folders_in(folder)
    if len(inside) == 1 and wanted(name := inside.pop()) and not any(map(is_tar, entries(folder))):
        return only_folder(os.path.join(folder, name), wanted)
    return folder


def loose(folder: str, reason: str) -> list[BadPicture]:
    """Pictures in `folder` itself, where their class cannot be known, and links in it that lead nowhere."""
    bad = []
    for entry in entries(folder):
        if is_file(entry):
            bad += [BadPicture(printable(entry.path), reason)] if is_named_like_a_picture(entry) else []
        elif not is_folder(entry) and entry.is_symlink():
            bad.append(BadPicture(printable(entry.path), why_no_file(entry)))
    return bad
