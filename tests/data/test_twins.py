"""Near twins are found whatever was done to a file, and pictures of one kind are none."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from headstart import data
from headstart.data import twins
from headstart.data.twins import NEAR, NOTHING, leaders, signature


def _photo(seed: int, width: int = 300, height: int = 200) -> Image.Image:
    """Structure at all scales, the finer the fainter, as photographs have it."""
    rng = np.random.default_rng(seed)
    total, weights = np.zeros((height, width, 3)), 0.0
    for side in (3, 6, 12, 24, 48, 96):
        field = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8))
        total += np.asarray(field.resize((width, height), Image.Resampling.BICUBIC), float) / side
        weights += 1 / side
    return Image.fromarray((total / weights).astype(np.uint8))


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue()))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "compressed": lambda image: _jpeg(image, 30),
    "half the size": lambda image: image.resize((150, 100), Image.Resampling.BICUBIC),
    "another shape": lambda image: image.resize((200, 200)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
    "trimmed": lambda image: image.crop((2, 2, 298, 198)),
    "grey": lambda image: image.convert("L").convert("RGB"),
}


def _rows(*pictures: Image.Image) -> np.ndarray:
    joined = b"".join(signature(np.asarray(picture)) for picture in pictures)
    return np.frombuffer(joined, np.int8).reshape(len(pictures), -1)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_a_near_twin(change):
    originals = [_photo(seed) for seed in range(12)]
    changed = [CHANGES[change](picture) for picture in originals]
    np.testing.assert_array_equal(leaders(_rows(*originals, *changed)), np.tile(np.arange(12), 2))


def test_what_pictures_of_a_kind_share_makes_no_twins():
    """A bright middle on a dark ground, as scans have it, is coarse."""
    y, x = np.mgrid[-1:1:200j, -1:1:300j]
    middle = Image.fromarray((200 * np.exp(-2 * (x**2 + y**2))).astype(np.uint8)).convert("RGB")
    scans = [Image.blend(middle, _photo(seed), 0.3) for seed in range(40)]
    np.testing.assert_array_equal(leaders(_rows(*scans)), np.arange(40))


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((64, 64, 3), 120, np.uint8),
        np.repeat(np.arange(64, dtype=np.uint8)[:, None, None] // 8, 64, 1).repeat(3, 2),
        np.random.default_rng(0).integers(0, 256, (31, 400, 3), dtype=np.uint8),
    ],
    ids=["flat", "nearly flat", "small"],
)
def test_what_is_too_simple_has_no_twins(pixels):
    assert signature(pixels) == NOTHING
    assert leaders(np.zeros((3, twins.SIZE), np.int8)).tolist() == [0, 1, 2]


def _planted(n: int, correlation: float, seed: int) -> np.ndarray:
    """2 n signatures, the second half correlated with the first."""
    rng = np.random.default_rng(seed)
    first, other = rng.standard_normal((2, n, twins.SIZE))
    second = correlation * first + np.sqrt(1 - correlation**2) * other
    rows = np.concatenate([first, second])
    return np.rint(rows * (127 / np.abs(rows).max(axis=1, keepdims=True))).astype(np.int8)


def test_leaders_are_those_that_all_pairs_would_give():
    rows = _planted(300, 0.95, 0)
    x = rows / np.linalg.norm(rows.astype(float), axis=1, keepdims=True)
    near = np.triu(x @ x.T >= NEAR, 1)
    expected = np.arange(600)
    for second in range(600):
        for first in np.flatnonzero(near[:, second]):
            if expected[first] == first and expected[second] == second:
                expected[second] = first
    assert (expected != np.arange(600)).sum() > 290
    np.testing.assert_array_equal(leaders(rows), expected)


def test_hashing_finds_most_of_the_faintest_twins_and_no_others():
    rows = _planted(2_000, 0.905, 1)
    x = rows / np.linalg.norm(rows.astype(float), axis=1, keepdims=True)
    near = np.einsum("nd,nd->n", x[:2_000], x[2_000:]) >= NEAR
    found = leaders(rows)[2_000:] == np.arange(2_000)
    assert not found[~near].any()
    assert found[near].mean() > 0.97


def test_a_row_of_slow_change_is_not_one_picture():
    rng = np.random.default_rng(0)
    first, last = rng.standard_normal((2, twins.SIZE))
    rows = np.stack([first * np.cos(a) + last * np.sin(a) for a in np.linspace(0, np.pi / 2, 30)])
    found = leaders(np.rint(rows * 30).clip(-127, 127).astype(np.int8))
    assert 1 < len(np.unique(found)) < 30


def test_a_heap_of_alike_pictures_is_one_group_and_costs_little():
    rows = np.repeat(_planted(1, 0.9, 0)[:1], 5_000, axis=0)
    pairs = twins._candidates(rows[:, :].astype(np.float32))
    assert len(pairs) < 10 * len(rows)


def test_near_twins_share_a_group_and_never_straddle_a_split(tmp_path):
    for split, seeds in (("train", range(8)), ("val", range(20, 24))):
        for number in seeds:
            place = tmp_path / split / ("odd" if number % 2 else "even") / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            _photo(number).save(place)
    _photo(0).save(tmp_path / "train" / "even" / "again.jpg", quality=60)
    _photo(20).save(tmp_path / "train" / "even" / "leak.jpg", quality=60)
    read = data.load(tmp_path)
    names = [path.rsplit("/", 1)[1] for path in read.dataset.paths]
    assert "leak.jpg" not in names
    groups = dict(zip(names, read.dataset.groups.tolist(), strict=True))
    assert groups["again.jpg"] == groups["0.png"]
    assert len(set(groups.values())) == len(names) - 1
    assert "near twins of another picture, kept in its group: 2" in read.notes
    assert "left out because a copy or near twin stands in a later split: 1" in read.notes
