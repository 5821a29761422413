"""From a file's bytes to pixels: the project's one decode function, a written rule for each kind.

- The format is found from the content, never from the name. Formats are those of `FORMATS`; none of them
  starts another program (EPS would).
- EXIF orientation is applied. ICC profiles are not: pre-trained networks saw pictures without them.
- Grey becomes three equal channels; palettes are looked up; CMYK, YCCK, YCbCr, HSV and LAB become RGB.
- 16-bit grey (and 32-bit integers within 0 to 65,535) is divided by 257, so that full scale stays full scale.
  12-bit TIFF likewise by its own full scale. Integers outside that range and floating point have no agreed
  scale: they are stretched from the picture's own least to its greatest finite value.
- Transparent pictures are laid over white. Of animations and stacks the first frame is taken.
- A picture of which a part is missing is refused, as are those too large to be honest (Pillow's limit against
  decompression bombs, about 179 million pixels).
"""

from __future__ import annotations

import functools
import io
import os
import stat
import struct
import threading
import warnings
import zlib
from typing import Any

import numpy as np
from PIL import Image

from headstart.data import shards
from headstart.errors import PictureError

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

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION, _BITS_PER_SAMPLE = 0x0112, 258
_SCALABLE = ("JPEG", "MPO")

# What Pillow's readers let through when they meet damaged data, besides OSError.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    AssertionError,
    MemoryError,
    struct.error,
    zlib.error,
)


class _Quiet:
    """Ignores Pillow's warnings while any thread decodes.

    `warnings.catch_warnings` alone is not safe across threads: whoever leaves last would restore the
    filters that another thread had set. Here the first to enter sets them and the last to leave restores.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)


_quiet = _Quiet()


def read_bytes(path: str) -> bytes:
    """The content of a file, or of `shard.tar!member`. Raises PictureError with the reason."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise PictureError("not a regular file")
        with open(path, "rb", buffering=0) as handle:
            return handle.read()
    except (FileNotFoundError, NotADirectoryError) as error:
        if shards.MARK in path:
            return shards.read_member(path)
        raise PictureError("no such file") from error
    except ValueError as error:
        raise PictureError("not a possible file name") from error
    except OSError as error:
        raise PictureError(f"cannot be read: {error.strerror}") from error


def decode(data: bytes) -> np.ndarray:
    """Pixels, uint8 [H, W, 3], by the rules at the top of this module. Raises PictureError (the reason)."""
    if not data:
        raise PictureError("empty file")
    with _quiet:
        return _pixels(_open(data))


def decode_small(data: bytes, least: int) -> tuple[np.ndarray, tuple[int, int]]:
    """As decode, for who needs no more than `least` pixels on the shorter side: (pixels, (width, height) in the file).

    A JPEG at least four times as large is decoded at 1/2, 1/4 or 1/8 of its sides, straight from its frequencies,
    so that at least 2 · least are left for a proper filter. One that EXIF turns is decoded whole. Raises PictureError.
    """
    if not data:
        raise PictureError("empty file")
    with _quiet:
        image = _open(data)
        size = image.size
        if image.format in _SCALABLE and min(size) >= 4 * least and _orientation(image) is None:
            image.draft(None, (2 * least, 2 * least))
            return _pixels(image), size
        pixels = _pixels(image)
        return pixels, (pixels.shape[1], pixels.shape[0])


def is_picture(path: str) -> bool:
    """Whether the file begins like a picture; the rest of it is not looked at."""
    try:
        with _quiet, Image.open(path, formats=_formats()):
            return True
    except (Image.DecompressionBombError, *_DAMAGE):
        return False


@functools.cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_formats())
    except Image.DecompressionBombError as error:
        raise PictureError("too many pixels (a decompression bomb?)") from error
    except Image.UnidentifiedImageError as error:
        raise PictureError("not a picture") from error
    except _DAMAGE as error:
        raise PictureError(f"corrupt: {_line(error)}") from error


def _pixels(image: Image.Image) -> np.ndarray:
    try:
        image.load()
        return np.array(_rgb(_upright(image)))
    except Image.DecompressionBombError as error:
        raise PictureError("too many pixels (a decompression bomb?)") from error
    except _DAMAGE as error:
        reason = "truncated" if "truncated" in str(error).lower() else f"corrupt: {_line(error)}"
        raise PictureError(reason) from error


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _upright(image: Image.Image) -> Image.Image:
    # Read after load(): Pillow turns TIFF pictures by itself and then clears the tag.
    method = _orientation(image)
    return image if method is None else image.transpose(method)


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """What makes the picture upright, None where it is."""
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except _DAMAGE:
        return None  # a damaged EXIF block does not make the pixels worse
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_eight_bit(image)).convert("RGB")
    if image.has_transparency_data or image.mode in ("RGBa", "La"):
        return _over_white(image)
    if image.mode == "LAB":
        from PIL import ImageCms

        return ImageCms.applyTransform(image, _from_lab()) or image
    return image if image.mode == "RGB" else image.convert("RGB")


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _eight_bit(image: Image.Image) -> np.ndarray:
    """uint8 [H, W] from a grey picture of more than 8 bits; the rule stands at the top of this module."""
    values = np.asarray(image).astype(np.float64)
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        raise PictureError("holds no finite value")
    low, high = finite.min(), finite.max()
    if image.mode != "F" and low >= 0 and high <= 65_535:
        low, high = 0, 2 ** _bits(image) - 1
    scaled = (np.clip(values, low, high) - low) * (255 / ((high - low) or 1))
    return np.rint(np.nan_to_num(scaled)).astype(np.uint8)


def _bits(image: Image.Image) -> int:
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
    return 12 if tuple(np.atleast_1d(bits)) == (12,) else 16


@functools.cache
def _from_lab() -> Any:
    from PIL import ImageCms

    return ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
