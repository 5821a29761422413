"""Pictures small enough to travel inside the report."""

from __future__ import annotations

import base64
import io

from headstart.errors import PictureError

LONGEST = 160


def data_uri(path: str) -> str:
    """The picture at `path` (or `shard.tar!member`) as a JPEG data URI, longest side at most 160 pixels.

    Raises PictureError where it cannot be read.
    """
    from PIL import Image

    from headstart.data import decode

    try:
        pixels = decode.decode(decode.read_bytes(path))
    except OSError as error:
        raise PictureError(error.strerror or "cannot be read") from error
    image = Image.fromarray(pixels)
    image.thumbnail((LONGEST, LONGEST))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")
