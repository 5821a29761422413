"""Near twins are found whatever was done to a file, and pictures of one kind are none."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from headstart import data
from headstart.data.twins import LARGEST, NEAR, NOTHING, SIZE, groups, pairs, signature


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
    "trimmed": lambda image: image.crop((1, 1, 299, 199)),
    "grey": lambda image: image.convert("L").convert("RGB"),
}


def _rows(*pictures: Image.Image) -> np.ndarray:
    joined = b"".join(signature(np.asarray(picture)) for picture in pictures)
    return np.frombuffer(joined, np.int8).reshape(len(pictures), -1)


def _grouped(rows: np.ndarray) -> np.ndarray:
    return groups(pairs(rows), len(rows))


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_a_near_twin(change):
    originals = [_photo(seed) for seed in range(12)]
    changed = [CHANGES[change](picture) for picture in originals]
    np.testing.assert_array_equal(_grouped(_rows(*originals, *changed)), np.tile(np.arange(12), 2))


def test_what_pictures_of_a_kind_share_makes_no_twins():
    """A bright middle on a dark ground, as scans have it, is coarse."""
    y, x = np.mgrid[-1:1:200j, -1:1:300j]
    middle = Image.fromarray((200 * np.exp(-2 * (x**2 + y**2))).astype(np.uint8)).convert("RGB")
    scans = [Image.blend(middle, _photo(seed), 0.3) for seed in range(40)]
    assert not len(pairs(_rows(*scans)))


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
    assert not len(pairs(np.zeros((3, SIZE), np.int8)))


def _planted(n: int, correlation: float, seed: int) -> np.ndarray:
    """2 n signatures, the second half correlated with the first."""
    rng = np.random.default_rng(seed)
    first, other = rng.standard_normal((2, n, SIZE))
    second = correlation * first + np.sqrt(1 - correlation**2) * other
    rows = np.concatenate([first, second])
    return np.rint(rows * (127 / np.abs(rows).max(axis=1, keepdims=True))).astype(np.int8)


def _correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    a, b = (rows / np.linalg.norm(rows.astype(float), axis=1, keepdims=True) for rows in (first, second))
    return np.einsum("nd,nd->n", a, b)


def test_hashing_finds_most_of_the_faintest_twins_and_no_others():
    rows = _planted(1_500, 0.9, 1)
    found = pairs(rows)
    correlation = _correlations(rows[found[:, 0]], rows[found[:, 1]])
    assert (correlation >= NEAR - 1e-6).all()
    assert (np.diff(correlation) <= 1e-6).all()
    assert (found[:, 0] < found[:, 1]).all()
    assert len(found) > 0.95 * 1_500
    assert set(map(tuple, found.tolist())) <= {(i, i + 1_500) for i in range(1_500)}


def test_heaps_of_alike_pictures_are_groups_of_bounded_size_and_cost_little():
    rng = np.random.default_rng(0)
    alike = rng.standard_normal(SIZE) + 0.05 * rng.standard_normal((1_000, SIZE))
    found = pairs(np.rint(30 * alike).clip(-127, 127).astype(np.int8))
    sizes = np.bincount(np.unique(groups(found, 1_000), return_inverse=True)[1])
    assert sizes.max() <= LARGEST
    assert np.median(sizes) > LARGEST / 2
    assert len(found) < 64 * 9 * 1_000


@pytest.mark.parametrize("count", [2, 20, LARGEST])
def test_equal_signatures_are_one_group(count):
    rows = np.repeat(_planted(1, 0.9, 0)[:1], count, axis=0)
    assert len(np.unique(_grouped(rows))) == 1


def test_no_pictures_and_one_picture_have_no_twins():
    for count in (0, 1):
        assert not len(pairs(_planted(1, 0.9, 0)[:count]))
        assert groups(np.empty((0, 2), np.int64), count).tolist() == [0][:count]


def _written(root, train, val):
    for split, seeds in (("train", train), ("val", val)):
        for number in seeds:
            place = root / split / ("odd" if number % 2 else "even") / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            _photo(number).save(place)


def test_near_twins_share_a_group_and_never_straddle_a_split(tmp_path):
    _written(tmp_path, range(8), range(20, 24))
    _photo(0).save(tmp_path / "train" / "even" / "again.jpg", quality=60)
    _photo(20).save(tmp_path / "train" / "even" / "leak.jpg", quality=60)
    read = data.load(tmp_path)
    names = [path.rsplit("/", 1)[1] for path in read.dataset.paths]
    assert "leak.jpg" not in names
    groups = dict(zip(names, read.dataset.groups.tolist(), strict=True))
    assert groups["again.jpg"] == groups["0.png"]
    assert len(set(groups.values())) == len(names) - 1
    assert [note.partition(" (")[0] for note in read.notes] == [
        "near twins of another picture, kept in its group: 2",
        "left out because a near twin stands in a later split: 1",
    ]
    ((path, reason),) = [(picture.path, picture.reason) for picture in read.quarantine]
    assert path.endswith("leak.jpg")
    assert "near twin of" in reason
    assert "val/even/20.png" in reason


def test_pictures_that_are_alike_by_nature_stay(tmp_path):
    _written(tmp_path, range(8), range(20, 24))
    for number in range(20, 24):
        place = tmp_path / "train" / ("odd" if number % 2 else "even") / f"near-{number}.jpg"
        _photo(number).save(place, quality=60)
    read = data.load(tmp_path)
    assert len(read.dataset) == 16
    assert not read.quarantine
    told = [note.partition(" (")[0] for note in read.notes]
    assert "pictures with a near twin in a later split: 4, too many to be copies: they stay" in told
