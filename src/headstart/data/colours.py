"""From any of Pillow's modes to upright RGB or grey."""

from __future__ import annotations

import functools
from typing import Any

from PIL import Image

from headstart.data.depth import is_deep

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
# Bytes that a pixel takes in Pillow's memory, where that is not 4.
_STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_KEPT = ("RGB", "L")


def orientation(image: Image.Image) -> Image.Transpose | None:
    """What makes the picture upright, None where it is. Raises what Pillow does where EXIF is damaged."""
    found = image.getexif().get(_ORIENTATION)
    return _UPRIGHT.get(found) if isinstance(found, int) else None


def plain(image: Image.Image) -> Image.Image:
    """Mode "RGB", "L" where the picture is grey, or as it is where it is a deep grey; transparent ones over white."""
    if is_deep(image):
        return image
    if image.has_transparency_data or image.mode in ("RGBa", "La"):
        return _over_white(image)
    if image.mode == "LAB":
        from PIL import ImageCms

        return ImageCms.applyTransform(image, _from_lab()) or image
    return image if image.mode in _KEPT else image.convert("L" if image.mode == "1" else "RGB")


def as_rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def cost(image: Image.Image) -> int:
    """About how many bytes it takes to decode a picture that is not loaded yet, and to make it plain()."""
    made = 1 if is_deep(image) or image.mode == "1" else 0 if image.mode in _KEPT else 4
    if image.has_transparency_data:
        made = 9  # RGBA, the mask, and RGB
    return image.width * image.height * (_STORED.get(image.mode, 4) + made)


def exact(image: Image.Image) -> bool:
    """Whether all bits of a picture that is not loaded yet will be used.

    Of colours with 16 bits a channel, in PNG, TIFF and PPM, Pillow takes the upper 8.
    """

    def deeper(codec: str, args: Any) -> bool:
        return args[1] > 255 if codec == "ppm" else ";16" in str(args)

    tiles = getattr(image, "tile", ())  # what Pillow is going to decode
    return is_deep(image) or not any(deeper(tile.codec_name, tile.args) for tile in tiles)


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


@functools.cache
def _from_lab() -> Any:
    from PIL import ImageCms

    return ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
