"""Greys of more than 8 bits share one measured range, whatever little part of the scale they use."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import backbone, data
from headstart.data.decode import content, decode, opened
from headstart.data.depth import common_levels, own_levels
from headstart.data.quality import examine_all
from headstart.extraction.extract import identity
from headstart.runtime import Execution, Trunk

# name → (what it makes of 0 to 255, suffix): a small part of 16 bits, the middle of it, 32 bits, floating point.
KINDS = {
    "microscope": (lambda v: (v + 20).astype(np.uint16), "png"),
    "thermal": (lambda v: (v * 2 + 28_921).astype(np.uint16), "tif"),
    "wide": (lambda v: (v * 1000 - 50_000).astype(np.int32), "tif"),
    "float": (lambda v: (v / 512 - 0.25).astype(np.float32), "tif"),
}


def greys(seed: int) -> np.ndarray:
    """uint8 [40, 40], from 0 to 255 with more than a hundredth of the pixels at either end."""
    fine = np.random.default_rng(seed).normal(127, 80, (40, 40))
    return np.clip(fine, 0, 255).round().astype(np.uint8)


def write(root: Path, kind: str = "") -> Path:
    """Two classes of eight pictures: of 8 bits, or the same ones of `kind`."""
    change, suffix = KINDS[kind] if kind else (lambda v: v, "png")
    for number in range(16):
        folder = root / ("one", "two")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = change(greys(number).astype(np.int64)) if kind else greys(number)
        Image.fromarray(pixels).save(folder / f"{number:02d}.{suffix}")
    return root


@pytest.mark.parametrize("kind", KINDS)
def test_a_set_of_deep_greys_is_seen_as_the_same_set_in_eight_bits(kind, tmp_path):
    dataset = data.load(write(tmp_path / "deep", kind)).dataset
    plain = data.load(write(tmp_path / "plain")).dataset
    train = data.partition(dataset, seed=0).train
    network = backbone.load("demo-cnn").with_levels_of(dataset, train)
    pairs = [data.frames(d.paths, network.preprocess, batch_size=16) for d in (dataset, plain)]
    (_, deep), (_, eight) = (next(batches) for batches in pairs)
    assert np.abs(deep.astype(int) - eight).max() <= 1
    assert deep.std() > 30


@pytest.mark.parametrize("kind", KINDS)
def test_different_files_are_no_copies_for_what_decoding_drops(kind, tmp_path):
    read = data.load(write(tmp_path, kind))
    assert len(np.unique(read.dataset.groups)) == 16
    assert not read.notes


def test_black_to_white_is_measured_on_training_pictures_alone(tmp_path):
    dataset = data.load(write(tmp_path, "microscope")).dataset
    assert dataset.levels is not None
    dataset.levels[3] = (0, 65_535)
    network = backbone.load("demo-cnn")
    seen = network.with_levels_of(dataset, np.array([0, 1, 2, 4, 5])).preprocess
    assert seen.levels == (20, 275)
    given = network.with_levels((1, 9))
    assert given.with_levels_of(dataset, np.arange(16)) is given


def test_hot_pixels_and_a_strange_picture_do_not_set_the_range():
    rng = np.random.default_rng(0)
    pixels = rng.integers(88, 257, (64, 64)).astype(np.uint16)
    pixels[rng.integers(0, 64, 5), rng.integers(0, 64, 5)] = 65_535
    pixels[5, 5] = 0
    low, high = own_levels(Image.fromarray(pixels))
    assert (low, high) == (88, 256)
    ranges = np.array([[88, 256]] * 9 + [[0, 65_535], [np.nan, np.nan]])
    assert common_levels(ranges) == (88, 256)


def test_without_a_range_there_are_no_levels():
    assert common_levels(np.full((3, 2), np.nan)) is None
    assert common_levels(np.full((3, 2), 7.0)) is None
    assert common_levels(np.array([[7.0, 7.0], [9.0, 9.0]])) == (7, 9)
    assert common_levels(np.array([[7.0, 8.0]])) == (7, 8)


def test_what_little_stands_on_an_even_ground_is_seen():
    pixels = np.full((64, 64), 100, np.uint16)
    pixels[3, 3] = 180
    assert own_levels(Image.fromarray(pixels)) == (100, 180)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (40, 40), (300, 7)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float32])
@pytest.mark.parametrize("value", [0, 200])
def test_pictures_of_one_value_give_no_warning(shape, kind, value, tmp_path):
    for name in "ab":
        Image.fromarray(np.full(shape, value, kind)).save(tmp_path / f"{name}.tif")
    first, second = examine_all([str(tmp_path / f"{name}.tif") for name in "ab"])
    assert first == second
    assert not any(first.signature)
    shown = 255 if value and kind is not np.uint8 else value
    np.testing.assert_array_equal(decode((tmp_path / "a.tif").read_bytes(), (0, 200)), shown)


def test_large_pictures_are_worked_on_in_parts(monkeypatch, encode):
    pixels = np.random.default_rng(0).integers(88, 257, (70, 90)).astype(np.uint16)
    bytes_ = [encode(Image.fromarray(p), "PNG") for p in (pixels, pixels.astype(np.uint8))]
    whole = [decode(b, (88, 256)) for b in bytes_]
    monkeypatch.setattr("headstart.data.depth._STRIP", 200)
    for data_, before in zip(bytes_, whole, strict=True):
        np.testing.assert_array_equal(decode(data_, (88, 256)), before)
    monkeypatch.setattr("headstart.data.depth._SAMPLE", 1000)
    assert own_levels(Image.fromarray(pixels)) == (88, 256)


def test_eight_bit_sets_have_no_levels(tmp_path):
    dataset = data.load(write(tmp_path)).dataset
    network = backbone.load("demo-cnn")
    assert network.with_levels_of(dataset, np.arange(16)) == network
    assert "levels" not in network.preprocess.to_dict()


def test_levels_are_other_features_and_the_same_network():
    network = backbone.load("demo-cnn")
    deep = network.with_levels((88.0, 256.0))
    assert deep.preparation == network.preparation
    assert Trunk(deep, deep.stages).key == Trunk(network, network.stages).key
    assert identity(deep, None, Execution()) != identity(network, None, Execution())
    assert identity(deep.with_levels((88.0, 257.0)), None, Execution()) != identity(deep, None, Execution())
    assert identity(deep.with_levels(None), None, Execution()) == identity(network, None, Execution())
    assert backbone.Backbone.from_dict(deep.to_dict()).preprocess.levels == (88, 256)
    for levels in ((2, 1), (0, float("inf"))):
        with pytest.raises(backbone.backbone.BackboneError, match="levels"):
            replace(network.preprocess, levels=levels)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_colours_of_sixteen_bits_are_no_copies_for_their_lower_eight(form, tmp_path):
    """Pillow reads the upper 8 bits of each channel: these are all black to it."""
    for number in range(8):
        folder = tmp_path / ("one", "two")[number % 2]
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.x").write_bytes(deep_colours(form, number))
    with opened(deep_colours(form, 1)) as picture:
        assert not picture.exact
    read = data.load(tmp_path)
    assert len(np.unique(read.dataset.groups)) == 8
    assert read.notes == ("colours of 16 bits a channel, of which the upper 8 are used: 8",)
    assert data.load(tmp_path).notes == read.notes


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_lost_bits_of_images_in_memory_are_told_too(form):
    images = [Image.open(io.BytesIO(deep_colours(form, number))) for number in range(8)]
    read = data.load((images, ["one", "two"] * 4))
    assert "colours of 16 bits a channel, of which the upper 8 are used: 8" in read.notes


def deep_colours(form: str, seed: int) -> bytes:
    """A picture file of 2 × 2 dark colours with 16 bits a channel, which Pillow cannot write."""
    import struct
    import zlib

    values = np.random.default_rng(seed).integers(0, 128, (2, 2, 3)).astype(">u2").tobytes()
    if form == "PPM":
        return b"P6 2 2 65535\n" + values
    if form == "TIFF":
        tags = [(256, 3, 1, 2 << 16), (257, 3, 1, 2 << 16), (258, 3, 3, 134), (259, 3, 1, 1 << 16)]
        tags += [(262, 3, 1, 2 << 16), (273, 4, 1, 140), (277, 3, 1, 3 << 16), (278, 3, 1, 2 << 16)]
        tags += [(279, 4, 1, 24), (284, 3, 1, 1 << 16)]
        head = b"MM\0*" + struct.pack(">IH", 8, len(tags))
        return (
            head
            + b"".join(struct.pack(">HHII", *tag) for tag in tags)
            + bytes(4)
            + struct.pack(">3H", 16, 16, 16)
            + values
        )

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = b"".join(b"\0" + values[at : at + 12] for at in (0, 12))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def test_a_picture_is_read_through_its_path_alike(tmp_path):
    (path, *_) = sorted(write(tmp_path, "microscope").rglob("*.png"))
    with content(str(path)) as held, opened(held) as picture:
        assert picture.image.mode == "I;16"
        assert picture.exact
        assert picture.shown((20, 275)).getextrema() == (0, 255)
