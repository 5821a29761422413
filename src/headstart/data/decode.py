"""From a file's bytes to pixels: the project's one way to decode, a written rule for each kind.

- The format is found from the content, never from the name. Formats are those of `FORMATS`; none of them
  starts another program (EPS would).
- EXIF orientation is applied. ICC profiles are not: pre-trained networks saw pictures without them.
- Grey becomes three equal channels; palettes are looked up; CMYK, YCCK, YCbCr, HSV and LAB become RGB.
- Deep greys (16-bit and 32-bit integers, floating point) become 8-bit by the levels that were measured on a set
  (`headstart.data.depth`). Without levels, 16-bit grey (and 32-bit integers within 0 to 65,535) is divided by 257, so
  that full scale stays full scale; 12-bit TIFF likewise by its own full scale; other integers and floating point are
  stretched from the picture's own least to its greatest finite value. Of colours with 16 bits a channel the upper 8
  are taken.
- Transparent pictures are laid over white. Of animations and stacks the first frame is taken.
- A picture of which a part is missing is refused; with `truncated="keep"` a JPEG that lacks its end is decoded as far
  as it goes. Refused are also those too large to be honest (Pillow's limit against decompression bombs, about 179
  million pixels) or for the memory that there is (`headstart.data.memory`).
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from headstart.data import colours, memory, shards
from headstart.data.depth import GreyLevels, eight_bit, is_deep
from headstart.data.given import Content, Given, first_frame
from headstart.data.quiet import DAMAGE, quiet
from headstart.errors import DataError, PictureError, TooLargeError

FORMATS = (
    "JPEG",
    "PNG",
    "GIF",
    "BMP",
    "WEBP",
    "TIFF",
    "PPM",
    "MPO",
    "JPEG2000",
    "AVIF",
    "ICO",
    "DIB",
    "QOI",
    "PCX",
)

_SCALABLE = ("JPEG", "MPO")
_END = b"\xff\xd9"  # a JPEG's last bytes
_SHORT, _STARVED = "truncated", "needs more memory than there is"
TRUNCATED = ("refuse", "keep")
# A Pillow image of the caller's may be asked for twice, and must not be loaded by two threads at a time.
_lent = threading.Lock()
# Files of more bytes than this are looked at before they are read, and count against a budget.
_LARGE = 64 << 20


@dataclass(frozen=True)
class Picture:
    """A decoded picture, upright.

    image  "RGB", "L" (grey) or a deep grey (`headstart.data.depth`)
    size   (width, height) in its file; `image` may be 1/2, 1/4 or 1/8 of that
    whole  False where its end is missing
    exact  False where the file holds more bits of colour than `image`
    """

    image: Image.Image
    size: tuple[int, int]
    whole: bool
    exact: bool

    def shown(self, levels: GreyLevels | None = None) -> Image.Image:
        """In mode "RGB" or "L"; `levels` for deep greys. Raises PictureError where there is nothing to show."""
        return eight_bit(self.image, levels) if is_deep(self.image) else self.image


@contextlib.contextmanager
def opened(content: Content, *, least: int = 0, truncated: str = "refuse") -> Iterator[Picture]:
    """The picture in a file's bytes, in a Pillow image or an array, by the rules at the top of this module.

    While the block lasts, the picture is held by memory.pixels(), for which it waits.

    least      more than that many pixels on the shorter side are not needed: a JPEG at least four times as large is
               decoded at 1/2, 1/4 or 1/8 of its sides, straight from its frequencies, so that at least 2 · least are
               left for a proper filter. One that EXIF turns is decoded whole
    truncated  "keep" takes a JPEG whose end is missing

    Raises PictureError (the reason).
    """
    with quiet:
        image = _open(content)
        lent = image is content
        size = None if lent else _drafted(image, least)
    with memory.pixels().hold(colours.cost(image), f"its {image.width:,} × {image.height:,} pixels"):
        with quiet:
            exact, whole = colours.exact(image), True
            try:
                with _lent if lent else contextlib.nullcontext():
                    made = _made(first_frame(image) if lent else image)
            except PictureError as error:
                if truncated != "keep" or str(error) != _SHORT or not isinstance(content, bytes):
                    raise
                whole, made = False, _as_far_as_it_goes(content, least)
        try:
            yield Picture(made, size or made.size, whole, exact)
        except MemoryError as error:
            raise PictureError(_STARVED) from error


def decode(content: Content, levels: GreyLevels | None = None) -> np.ndarray:
    """Pixels, uint8 [H, W, 3]; see opened(). Raises PictureError (the reason)."""
    with opened(content) as picture:
        return np.array(colours.as_rgb(picture.shown(levels)))


def check_truncated(truncated: str) -> None:
    """Raises DataError."""
    if truncated not in TRUNCATED:
        raise DataError(f"truncated {truncated!r}: expected one of {', '.join(TRUNCATED)}")


@contextlib.contextmanager
def content(picture: str | Given) -> Iterator[Content]:
    """What the picture is read from, while the block lasts: of a path, read_bytes(). Raises PictureError.

    A large file is held by memory.contents() until then.
    """
    if isinstance(picture, Given):
        yield picture.content
        return
    with _read(picture) as data:
        yield data


@contextlib.contextmanager
def _read(path: str) -> Iterator[bytes]:
    size, inside = 0, False
    try:
        size = os.stat(path).st_size
    except (OSError, ValueError):  # read_bytes() says why not
        inside = shards.MARK in path
        size = shards.size_of(path) if inside else 0
    if size <= _LARGE:
        yield read_bytes(path)
        return
    if not inside:
        _look_ahead(path, size)
    with memory.contents().hold(size, "its file"):
        yield read_bytes(path)


def read_bytes(path: str) -> bytes:
    """The content of a file, or of `shard.tar!member`. Raises PictureError with the reason.

    A large file is read only where it begins like a picture.
    """
    try:
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):
            raise PictureError("not a regular file")
        if facts.st_size > _LARGE:
            _look_ahead(path, facts.st_size)
        with open(path, "rb", buffering=0) as handle:
            return handle.read()
    except (FileNotFoundError, NotADirectoryError) as error:
        if shards.MARK in path:
            return shards.read_member(path)
        raise PictureError("no such file") from error
    except ValueError as error:
        raise PictureError("not a possible file name") from error
    except MemoryError as error:
        raise PictureError(_STARVED) from error
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror}") from error


def _look_ahead(path: str, size: int) -> None:
    """Raises PictureError where a large file begins like no picture, or is larger than may be read."""
    with quiet, _told(), Image.open(path, formats=_formats()):
        memory.contents().check(size, "its file")


def size_of(picture: str | Given) -> tuple[int, int]:
    """(width, height) as the file's header has it; the picture is not decoded. Raises PictureError."""
    if isinstance(picture, str) and shards.MARK not in picture:
        try:
            with quiet, Image.open(picture, formats=_formats()) as image:
                return image.size
        except (Image.DecompressionBombError, *DAMAGE) as error:
            raise PictureError(f"no size can be read ({error})") from error
    with content(picture) as data, quiet:
        return _open(data).size


def is_picture(path: str) -> bool:
    """Whether the file begins like a picture; the rest of it is not looked at."""
    try:
        with quiet, Image.open(path, formats=_formats()):
            return True
    except (Image.DecompressionBombError, *DAMAGE):
        return False


@functools.cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _open(content: Content) -> Image.Image:
    """The picture, its pixels not decoded yet."""
    if isinstance(content, Image.Image):
        return content
    if isinstance(content, np.ndarray):
        return Image.fromarray(content)
    if not content:
        raise PictureError("empty file")
    with _told():
        return Image.open(io.BytesIO(content), formats=_formats())


def _drafted(image: Image.Image, least: int) -> tuple[int, int] | None:
    """(width, height) of a JPEG that will be decoded at a part of them; None where it will be decoded whole."""
    size = image.size
    if not least or image.format not in _SCALABLE or min(size) < 4 * least or _turned(image) is not None:
        return None
    return size if image.draft(None, (2 * least, 2 * least)) else None


def _as_far_as_it_goes(content: bytes, least: int) -> Image.Image:
    """A picture whose end is missing. Raises PictureError where it is no JPEG, or where that is of no use.

    A JPEG's end is put to it, so that the decoder fills up what is missing. Pillow's own switch for this is global, and
    other threads decode.
    """
    image = _open(content + _END)
    if image.format not in _SCALABLE:
        raise PictureError(_SHORT)
    _drafted(image, least)
    return _made(image)


def _made(image: Image.Image) -> Image.Image:
    """The picture decoded, upright and plain."""
    with _told():
        image.load()
        # Read after load(): Pillow turns TIFF pictures by itself and then clears the tag.
        method = _turned(image)
        return colours.plain(image if method is None else image.transpose(method))


def _turned(image: Image.Image) -> Image.Transpose | None:
    try:
        return colours.orientation(image)
    except DAMAGE:
        return None  # a damaged EXIF block does not make the pixels worse


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turns what Pillow raises into a reason. Raises PictureError."""
    try:
        yield
    except Image.DecompressionBombError as error:
        count, most = (f"{int(number):,}" for number in re.findall(r"\d+", str(error))[:2])
        raise TooLargeError(
            f"too many pixels: {count}, at most {most} expected (a decompression bomb?)"
        ) from error
    except Image.UnidentifiedImageError as error:
        raise PictureError("not a picture") from error
    except DAMAGE as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise PictureError(_SHORT if "truncated" in said.lower() else f"corrupt: {said}") from error
