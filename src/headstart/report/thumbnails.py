"""Pictures small enough to travel inside the report."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from headstart.data.given import name_of
from headstart.errors import PictureError

if TYPE_CHECKING:
    from headstart.data.depth import GreyLevels
    from headstart.data.given import Given

LONGEST = 160
LOST = "is not kept in this run"


@dataclass(frozen=True)
class Thumbnail:
    """A picture's name, and itself as a data URI; where that is "", the reason why it cannot be shown."""

    name: str
    source: str
    reason: str = ""


class Album:
    """The thumbnails of a page: each is made when it is first asked for, and kept.

    levels: what is black and white in deep greys; see headstart.data.depth. An album that was read back is closed: it
    says of what it lacks that it was not kept.
    """

    def __init__(self, levels: GreyLevels | None = None) -> None:
        self._levels = levels
        self._kept: dict[str, Thumbnail] = {}
        self._closed = False

    def thumbnail(self, picture: str | Given) -> Thumbnail:
        """That of a picture (see Dataset.pictures)."""
        path = name_of(picture)
        if path not in self._kept:
            name = os.path.basename(path.rpartition("!")[2])
            self._kept[path] = Thumbnail(name, "", LOST) if self._closed else self._made(picture, name)
        return self._kept[path]

    def to_dict(self) -> dict[str, dict[str, str]]:
        """Those that were asked for, by the pictures' names, as plain JSON values."""
        return {path: asdict(one) for path, one in self._kept.items()}

    @staticmethod
    def from_dict(values: Mapping[str, Mapping[str, Any]]) -> Album:
        """What to_dict() gave, closed: no picture is looked for. Raises TypeError where it is another."""
        album = Album()
        album._closed = True
        album._kept = {path: Thumbnail(**one) for path, one in values.items()}
        return album

    def _made(self, picture: str | Given, name: str) -> Thumbnail:
        try:
            return Thumbnail(name, data_uri(picture, self._levels))
        except PictureError as error:
            return Thumbnail(name, "", str(error))


def data_uri(picture: str | Given, levels: GreyLevels | None = None) -> str:
    """A picture (see Dataset.pictures) as a JPEG data URI, longest side at most 160 pixels.

    levels: what is black and white in deep greys; see headstart.data.depth.
    Raises PictureError where it cannot be read.
    """
    from headstart.data import decode

    try:
        with decode.content(picture) as held, decode.opened(held, least=LONGEST, truncated="keep") as found:
            image = found.shown(levels).copy()  # it may be the caller's own
            image.thumbnail((LONGEST, LONGEST))
    except OSError as error:
        raise PictureError(error.strerror or "cannot be read") from error
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return uri(out.getvalue(), "jpeg")


def uri(content: bytes, kind: str) -> str:
    """The content of a picture file as a data URI; kind: "jpeg", "png" or "webp"."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
