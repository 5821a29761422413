"""The look at every picture before anything else is done with it: unreadable ones, copies, near twins, groups."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from headstart import files, progress
from headstart.data.dataset import BadPicture
from headstart.data.decode import Picture, content, opened
from headstart.data.depth import GreyLevels, full_scale, is_deep, own_levels, stored_as, strips
from headstart.data.given import Content, Given, name_of
from headstart.data.kept import Frames
from headstart.data.looks import PIXELS, Look, Looks
from headstart.data.threads import ordered
from headstart.data.twins import NOTHING, root, signature
from headstart.errors import PictureError


@dataclass(frozen=True)
class Examined:
    """What one picture is known by: digest_of() it, and what was seen of it (see Look)."""

    digest: str
    pixels: bytes
    signature: bytes = NOTHING
    levels: GreyLevels | None = None
    whole: bool = True
    exact: bool = True


def examine(
    picture: str | Given,
    looks: Looks | None = None,
    truncated: str = "refuse",
    frames: Frames | None = None,
) -> Examined:
    """Reads one picture and decodes it in full, unless `looks` knows its content.

    truncated: see headstart.data.decode.opened; frames: keep what is decoded. Raises PictureError.
    """
    with content(picture) as held:
        digest = digest_of(held)
        look = looks.get(digest) if looks else None
        if look is None:
            with opened(held, truncated=truncated) as found:
                look = _look(found, held)
                if frames is not None and found.whole:
                    frames.note(digest, found.image)
            if looks:
                looks.add(digest, look)
    if not look.whole and truncated == "refuse":  # an earlier run kept it
        raise PictureError("truncated")
    return Examined(digest, look.pixels, look.signature, look.levels, look.whole, look.exact)


def digest_of(held: Content) -> str:
    """SHA-256 in hex: of a file its bytes; of a Pillow image or an array what is decoded: size, mode and pixels.

    Raises PictureError where an image cannot be decoded.
    """
    if isinstance(held, bytes):
        return hashlib.sha256(held).hexdigest()
    with opened(held) as picture:
        image = picture.image
        scale = full_scale(image) if is_deep(image) else None
        found = hashlib.sha256(repr(("pixels", image.mode, image.size, scale)).encode())
        for _, values in strips(image):
            found.update(np.ascontiguousarray(values).data)
    return found.hexdigest()


def _look(picture: Picture, held: Content) -> Look:
    levels = own_levels(picture.image) if is_deep(picture.image) else None
    seen = signature(picture.shown(levels))
    return Look(_hash(picture, held), seen, levels, picture.whole, picture.exact)


def _hash(picture: Picture, held: Content) -> bytes:
    """Equal where the pixels are, at the depth that the file has: no two are equal for bits that decoding drops."""
    image = picture.image
    # Twice as fast as blake2b where processors have it built in.
    if not picture.exact and isinstance(held, bytes):
        found = hashlib.sha256(b"file")
        found.update(held)
    elif is_deep(image):
        kind = stored_as(image)
        found = hashlib.sha256(repr((image.height, image.width, kind)).encode())
        for _, values in strips(image):
            found.update(values.astype(kind).data)
    else:
        found = hashlib.sha256(repr((image.height, image.width, 3)).encode())
        for _, values in strips(image, "RGB"):
            found.update(values.data)
    return found.digest()[:PIXELS]


def examine_all(
    pictures: Sequence[str | Given],
    *,
    workers: int = 0,
    looks: Looks | None = None,
    truncated: str = "refuse",
    frames: Frames | None = None,
) -> list[Examined | BadPicture]:
    """`examine` over `pictures` in threads, in order; a picture that cannot be used comes back as BadPicture."""
    results: list[Examined | BadPicture] = []
    with progress.bar("checking pictures", len(pictures)) as bar:
        for result in ordered(
            partial(_examine_or_why, looks, truncated, frames), pictures, workers=workers, chunk=16
        ):
            results.append(result)
            bar.advance()
    if looks:
        looks.save()
    return results


def _examine_or_why(
    looks: Looks | None, truncated: str, frames: Frames | None, picture: str | Given
) -> Examined | BadPicture:
    try:
        return examine(picture, looks, truncated, frames)
    except PictureError as error:
        return BadPicture(name_of(picture), str(error))


def unify(*views: Sequence[Hashable]) -> np.ndarray:
    """Groups int64 [N] out of several ways to say which pictures belong together.

    Each view holds N keys. Two pictures share a group where any view gives them equal keys, or where a chain
    of such pairs joins them. Groups are numbered in the order of their first picture.
    """
    parent = list(range(len(views[0])))
    for view in views:
        first: dict[Hashable, int] = {}
        for index, key in enumerate(view):
            other = first.setdefault(key, index)
            if other != index:
                a, b = root(parent, index), root(parent, other)
                parent[max(a, b)] = min(a, b)
    roots = [root(parent, index) for index in range(len(parent))]  # each group's first picture
    return np.unique(roots, return_inverse=True)[1].astype(np.int64)


def leaks(
    pixels: Sequence[Hashable], near: np.ndarray, splits: Sequence[str]
) -> tuple[dict[int, int], dict[int, int]]:
    """(copies, near twins): each picture with one in a later split, of train < val < test, that shows the same.

    pixels: N hashes of decoded pixels; near int64 [P, 2]: near twins, the nearest first. What leaks is left out, so
    that what is reported was never trained on.
    """
    rank = {"train": 0, "val": 1, "test": 2}
    ranks = [rank.get(split, 0) for split in splits]
    last: dict[Hashable, int] = {}
    for place, shown in enumerate(pixels):
        if ranks[place] >= ranks[last.setdefault(shown, place)]:
            last[shown] = place
    copies = {place: last[shown] for place, shown in enumerate(pixels) if ranks[place] < ranks[last[shown]]}
    alike: dict[int, int] = {}
    for pair in near.tolist():
        early, late = sorted(pair, key=lambda place: ranks[place])
        if ranks[early] < ranks[late] and early not in copies:
            alike.setdefault(early, late)
    return copies, alike


def write_quarantine(path: Path, bad: Sequence[BadPicture]) -> None:
    """Writes the files that were left out as CSV `path,reason`, atomically. Raises OutputError."""
    files.write_csv(path, ("path", "reason"), [(picture.path, picture.reason) for picture in bad])
