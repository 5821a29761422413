"""Every kind of picture has one rule, and damage never passes for a picture."""

from __future__ import annotations

import io
import os
import struct
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from headstart.data.decode import decode, is_picture, opened, read_bytes
from headstart.data.preprocess import Preprocess
from headstart.errors import PictureError

TURN = Image.Transpose
UNDONE_BY = {  # EXIF orientation: how a picture is stored that a viewer then shows upright
    2: TURN.FLIP_LEFT_RIGHT,
    3: TURN.ROTATE_180,
    4: TURN.FLIP_TOP_BOTTOM,
    5: TURN.TRANSPOSE,
    6: TURN.ROTATE_90,
    7: TURN.TRANSVERSE,
    8: TURN.ROTATE_270,
}
RAMP = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
SMOOTH = np.stack(np.meshgrid(np.linspace(0, 200, 32), np.linspace(0, 200, 24)), -1).astype(np.uint8)
SMOOTH = np.concatenate([SMOOTH, np.full((24, 32, 1), 90, np.uint8)], -1)


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM", "DIB", "PCX", "QOI"])
def test_lossless_formats_keep_every_pixel(encode, form):
    pixels = decode(encode(Image.fromarray(RAMP), form))
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    np.testing.assert_array_equal(pixels, RAMP)


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "MPO", "JPEG2000"])
def test_lossy_formats_stay_near(encode, form):
    pixels = decode(encode(Image.fromarray(SMOOTH), form))
    assert np.abs(pixels.astype(int) - SMOOTH).mean() < 4


def test_grey_becomes_three_equal_channels(encode):
    pixels = decode(encode(Image.fromarray(RAMP[..., 0]), "PNG"))
    np.testing.assert_array_equal(pixels, np.repeat(RAMP[..., :1], 3, 2))


def test_one_bit_becomes_black_and_white(encode):
    pixels = decode(encode(Image.fromarray(RAMP[..., 0] > 127), "PNG"))
    np.testing.assert_array_equal(pixels[..., 1], np.where(RAMP[..., 0] > 127, 255, 0))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_full_scale(encode, form):
    values = np.array([[0, 257, 128 * 257, 65_535]], np.uint16)
    pixels = decode(encode(Image.fromarray(values), form))
    np.testing.assert_array_equal(pixels[0, :, 0], [0, 1, 128, 255])


def test_twelve_bit_tiff_is_scaled_by_its_own_depth():
    # Little-endian TIFF by hand: one strip, 2×1 samples of 12 bits, 0x000 and 0xFFF.
    tags = [(256, 3, 2), (257, 3, 1), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 122), (277, 3, 1)]
    tags += [(278, 3, 1), (279, 4, 3)]
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    data = head + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    data += struct.pack("<I", 0)
    assert len(data) == 122
    np.testing.assert_array_equal(decode(data + b"\x00\x0f\xff")[0, :, 0], [0, 255])


def test_floats_and_wide_integers_are_stretched(encode):
    floats = np.array([[-1.0, 0.0, np.nan, 1.0]], np.float32)
    np.testing.assert_array_equal(decode(encode(Image.fromarray(floats), "TIFF"))[0, :, 0], [0, 128, 0, 255])
    wide = np.array([[0, 60_000, 100_000]], np.int32)
    np.testing.assert_array_equal(decode(encode(Image.fromarray(wide), "TIFF"))[0, :, 0], [0, 153, 255])
    flat = np.full((2, 2), 3.5, np.float32)
    np.testing.assert_array_equal(decode(encode(Image.fromarray(flat), "TIFF")), 0)


def test_floats_without_a_finite_value_are_refused(encode):
    data = encode(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF")
    with pytest.raises(PictureError, match="finite"):
        decode(data)


def test_cmyk_and_lab_become_rgb(encode):
    red = Image.new("RGB", (16, 16), (200, 30, 30))
    assert np.abs(decode(encode(red.convert("CMYK"), "JPEG")).astype(int) - (200, 30, 30)).max() < 12
    lab = Image.new("LAB", (4, 4), (136, 208, 195))  # L 53, a 80, b 67: pure red
    assert np.abs(decode(encode(lab, "TIFF")).astype(int) - (255, 0, 0)).max() < 12


def test_alpha_is_laid_over_white(encode):
    rgba = Image.new("RGBA", (1, 3))
    for row, alpha in enumerate((0, 128, 255)):
        rgba.putpixel((0, row), (10, 20, 30, alpha))
    pixels = decode(encode(rgba, "PNG"))[:, 0]
    np.testing.assert_array_equal(pixels[0], (255, 255, 255))
    assert np.abs(pixels[1].astype(int) - (132, 137, 142)).max() <= 1
    np.testing.assert_array_equal(pixels[2], (10, 20, 30))
    grey = decode(encode(Image.new("LA", (1, 1), (40, 0)), "PNG"))
    np.testing.assert_array_equal(grey, 255)


def test_palettes_are_looked_up_with_their_transparency(encode):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    np.testing.assert_array_equal(decode(encode(image, "PNG"))[0], [(10, 20, 30), (200, 100, 50)])
    see_through = decode(encode(image, "PNG", transparency=b"\x00\xff"))
    np.testing.assert_array_equal(see_through[0], [(255, 255, 255), (200, 100, 50)])


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(encode, form):
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    options = {"lossless": True} if form == "WEBP" else {}
    pixels = decode(encode(first, form, save_all=True, append_images=[second], **options))
    np.testing.assert_array_equal(pixels, np.broadcast_to((255, 0, 0), (8, 8, 3)))


@pytest.mark.parametrize("form", ["PNG", "TIFF", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(encode, form, orientation):
    upright = Image.fromarray(np.kron(RAMP[:2, :3], np.ones((16, 16, 1), np.uint8)))
    turn = UNDONE_BY.get(orientation)
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if form == "JPEG" else {"lossless": True} if form == "WEBP" else {}
    pixels = decode(encode(stored, form, exif=exif, **options))
    assert pixels.shape == (32, 48, 3)
    tolerance = 25 if form == "JPEG" else 0
    centres = pixels[8::16, 8::16].astype(int) - RAMP[:2, :3]
    assert np.abs(centres).max() <= tolerance


def test_a_damaged_exif_block_does_not_matter(encode):
    data = encode(Image.fromarray(SMOOTH), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode(data).shape == (24, 32, 3)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "QOI"])
def test_truncated_pictures_are_refused(encode, form):
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    data = encode(Image.fromarray(noise), form)
    with pytest.raises(PictureError):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello, I am a text", "not a picture"),
        (b"\xff\xd8\xff\xe0", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(data, reason):
    with pytest.raises(PictureError, match=reason):
        decode(data)


def test_decompression_bombs_are_refused_and_large_pictures_pass_quietly(encode, monkeypatch):
    data = encode(Image.fromarray(RAMP), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", RAMP[..., 0].size // 2 - 1)
    with pytest.raises(PictureError, match="too many pixels"):
        decode(data)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", RAMP[..., 0].size - 1)  # Pillow warns; decode does not
    assert decode(data).shape == RAMP.shape


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    form=st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "ICO"]),
)
def test_random_damage_gives_pixels_or_a_picture_error(data, form):
    out = io.BytesIO()
    Image.fromarray(RAMP).save(out, form)
    damaged = bytearray(out.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]))
    except PictureError as error:
        pixels, reason = RAMP, str(error)
    else:
        reason = ""
    assert "\n" not in reason
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert pixels.dtype == np.uint8


def test_many_threads_leave_the_warning_filters_as_they_were(encode):
    data, before = encode(Image.fromarray(RAMP), "PNG"), list(warnings.filters)
    threads = [threading.Thread(target=lambda: [decode(data) for _ in range(30)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


def test_read_bytes_says_why_it_cannot(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    assert read_bytes(str(tmp_path / "file")) == b"x"
    for name, reason in [
        ("none.jpg", "no such file"),
        ("pipe", "regular"),
        ("a\0b", "file name"),
        (".", "regular"),
    ]:
        with pytest.raises(PictureError, match=reason):
            read_bytes(str(tmp_path / name))


def test_is_picture_looks_at_the_content(tmp_path, paint):
    assert is_picture(str(paint(tmp_path / "picture.txt")))
    (tmp_path / "text.png").write_text("no")
    assert not is_picture(str(tmp_path / "text.png"))
    assert not is_picture(str(tmp_path / "missing.png"))


def decode_small(data: bytes, least: int) -> tuple[np.ndarray, tuple[int, int]]:
    """(pixels, (width, height) in the file)"""
    with opened(data, least=least) as picture:
        return np.array(picture.image), picture.size


def frames_of(data: bytes, size: int, resize: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(from the whole picture, from what decode_small makes of it), as integers."""
    preprocess = Preprocess(size, resize or size, "bicubic", (0.5,) * 3, (0.5,) * 3)
    pixels, full = decode_small(data, preprocess.resize)
    whole = decode(data)
    assert full == (whole.shape[1], whole.shape[0])
    assert min(pixels.shape[:2]) >= min(2 * preprocess.resize, min(full))
    return preprocess.frame(whole).astype(int), preprocess.frame(pixels, full).astype(int)


@pytest.mark.parametrize("shape", [(1333, 2000), (257, 1001), (900, 601), (64, 64)])
def test_a_jpeg_decoded_small_is_framed_at_the_same_place(encode, shape):
    """Sides that no power of two divides: nothing may shift."""
    height, width = shape
    y, x = np.mgrid[:height, :width]
    waves = np.stack([np.sin(x / 17 + k) + np.cos(y / 23 - k) for k in range(3)], -1)
    data = encode(Image.fromarray((waves * 60 + 127).astype(np.uint8)), "JPEG", quality=95)
    whole, small = frames_of(data, 64)
    assert np.abs(whole - small).mean() < 1
    assert np.abs(whole - small).max() <= 12


def test_photographs_decoded_small_agree_within_the_tolerance(hymenoptera):
    """Mean difference at most 1.5 grey levels for each, and 99 % of all pixels within 8, on 200 photographs."""
    differences = []
    for path in sorted(hymenoptera.rglob("*.jpg"))[:200]:
        for size, resize in ((64, 64), (96, 110)):
            whole, small = frames_of(path.read_bytes(), size, resize)
            differences.append(np.abs(whole - small).ravel())
            assert differences[-1].mean() <= 1.5, path
    assert np.percentile(np.concatenate(differences), 99) <= 8


def test_what_cannot_be_scaled_is_decoded_whole(encode):
    big = Image.fromarray(np.tile(SMOOTH, (20, 20, 1)))
    assert decode_small(encode(big, "PNG"), 16)[0].shape == (480, 640, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels, size = decode_small(encode(big, "JPEG", exif=exif), 16)
    assert pixels.shape == (640, 480, 3)
    assert size == (480, 640)
    assert decode_small(encode(big, "JPEG"), 16)[0].shape == (60, 80, 3)
    assert decode_small(encode(big, "JPEG"), 121)[0].shape == (480, 640, 3)


def test_damage_shows_at_any_scale(encode):
    data = encode(Image.fromarray(np.tile(RAMP, (20, 20, 1))), "JPEG")
    with pytest.raises(PictureError, match="truncated"):
        decode_small(data[: len(data) // 2], 16)
    with pytest.raises(PictureError, match="empty"):
        decode_small(b"", 16)
