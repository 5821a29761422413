"""Pictures as batches for a network, and the pictures that a command line's arguments mean."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from headstart.data import shards
from headstart.data.dataset import BadPicture
from headstart.data.decode import content, is_picture, opened
from headstart.data.folders import is_file, walk
from headstart.data.given import Given, name_of
from headstart.data.listing import PICTURE_SUFFIXES
from headstart.data.preprocess import Preprocess
from headstart.data.threads import ordered
from headstart.errors import DataError, PictureError

_AHEAD = 32


def frames(
    pictures: Sequence[str | Given | np.ndarray],
    preprocess: Preprocess,
    *,
    batch_size: int = 64,
    workers: int = 0,
    truncated: str = "refuse",
) -> Iterator[tuple[slice, np.ndarray]]:
    """(places in `pictures`, uint8 [B, S, S, 3]) batch by batch, in order; the last may be smaller.

    Pictures in memory may stand among paths, and frames that `preprocess` has made already. The others are decoded in
    `workers` threads (0: one for each processor), two batches or _AHEAD pictures ahead. truncated: see
    headstart.data.decode.opened.
    Raises PictureError that names the picture which cannot be read.
    """
    if batch_size < 1:
        raise DataError(f"batch size: {batch_size}; expected at least 1; choose such as 64")
    ready = ordered(
        partial(frame, preprocess, truncated),
        pictures,
        workers=workers,
        chunk=4,
        ahead=max(_AHEAD, 2 * batch_size),
    )
    for start in range(0, len(pictures), batch_size):
        places = slice(start, min(start + batch_size, len(pictures)))
        batch = np.empty((places.stop - start, preprocess.size, preprocess.size, 3), np.uint8)
        for row in batch:
            row[...] = next(ready)
        yield places, batch


def frame(preprocess: Preprocess, truncated: str, picture: str | Given | np.ndarray) -> np.ndarray:
    """What a network sees of a picture, uint8 [S, S, 3]. Raises PictureError that names it."""
    if isinstance(picture, np.ndarray):
        return picture
    # "nearest" takes single pixels, and others from a smaller picture.
    least = 0 if preprocess.interpolation == "nearest" else preprocess.resize
    try:
        with content(picture) as held, opened(held, least=least, truncated=truncated) as found:
            return preprocess.frame(found.shown(preprocess.levels), found.size)
    except PictureError as error:
        raise PictureError(f"{name_of(picture)}: {error}") from error


def pictures(arguments: Sequence[str]) -> tuple[tuple[str, ...], tuple[BadPicture, ...]]:
    """(the pictures that files, folders (all below them) and globs mean, the arguments that mean none, with reasons).

    In the order of the arguments, as often as they are named; what a folder or a glob means is sorted in itself.
    A file named outright is taken as it is; in folders and globs, files that neither are named like a picture
    nor begin like one are passed over. Raises DataError where no argument means a picture.
    """
    found: list[str] = []
    bad: list[BadPicture] = []
    for argument in arguments:
        paths = _meant(argument)
        found += paths
        if not paths:
            there = "no pictures in it" if os.path.exists(argument) else "no such file, folder or match"
            bad.append(BadPicture(argument, there))
    if bad and not found:
        more = f" (nor do the other {len(bad) - 1} arguments mean any)" if len(bad) > 1 else ""
        raise DataError(
            f"{bad[0].path}: {bad[0].reason}; expected a picture, a folder of pictures or a glob{more}"
        )
    if not found:
        raise DataError("no pictures named; expected files, folders or globs such as 'photos/*.jpg'")
    return tuple(found), tuple(bad)


def _meant(argument: str) -> list[str]:
    if os.path.isfile(argument) or _in_shard(argument):
        return [argument]
    if os.path.isdir(argument):
        return sorted(_below(argument))
    return sorted({path for match in glob.glob(argument, recursive=True) for path in _match(match)})


def _in_shard(argument: str) -> bool:
    return shards.MARK in argument and os.path.isfile(shards.split_path(argument)[0])


def _match(path: str) -> list[str]:
    return _below(path) if os.path.isdir(path) else [path] if _like_a_picture(path) else []


def _below(folder: str) -> list[str]:
    return [e.path for e in walk(folder) if is_file(e) and _like_a_picture(e.path)]


def _like_a_picture(path: str) -> bool:
    return Path(path).suffix.lower() in PICTURE_SUFFIXES or (os.path.isfile(path) and is_picture(path))
