"""Pictures small enough to travel inside the report."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from headstart.errors import PictureError

if TYPE_CHECKING:
    from headstart.data.depth import Levels
    from headstart.data.given import Given

LONGEST = 160


def data_uri(picture: str | Given, levels: Levels | None = None) -> str:
    """A picture (see Dataset.pictures) as a JPEG data URI, longest side at most 160 pixels.

    levels: what is black and white in deep greys; see headstart.data.depth.
    Raises PictureError where it cannot be read.
    """
    from headstart.data import decode

    try:
        with decode.content(picture) as held, decode.opened(held, truncated="keep") as found:
            image = found.shown(levels).copy()  # it may be the caller's own
            image.thumbnail((LONGEST, LONGEST))
    except OSError as error:
        raise PictureError(error.strerror or "cannot be read") from error
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")
