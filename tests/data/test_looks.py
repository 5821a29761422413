"""A picture is decoded once to be checked, whatever it is called, and again only where what was seen is lost."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from headstart.data import quality
from headstart.data.dataset import BadPicture
from headstart.data.looks import Looks, known_pairs


@pytest.fixture
def decoded(monkeypatch):
    """How many pictures were decoded."""
    count, original = [], quality.opened

    def opened(data, **options):
        count.append(len(data))
        return original(data, **options)

    monkeypatch.setattr(quality, "opened", opened)
    return count


@pytest.fixture
def paths(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(5):
        Image.fromarray(rng.integers(0, 256, (40, 36, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
    return [str(path) for path in sorted(tmp_path.glob("*.png"))]


def test_what_was_seen_is_seen_again_without_decoding(paths, decoded, tmp_path):
    folder = tmp_path / "looks"
    first = quality.examine_all(paths, looks=Looks(folder))
    (tmp_path / "other.png").write_bytes((tmp_path / "3.png").read_bytes())
    again = quality.examine_all([*paths, str(tmp_path / "other.png")], looks=Looks(folder))
    assert len(decoded) == 5
    assert all(any(picture.signature) for picture in first)
    assert again[:5] == first
    assert again[5] == first[3]
    assert quality.examine_all(paths) == first


def test_a_new_picture_costs_one(paths, decoded, tmp_path):
    folder = tmp_path / "looks"
    quality.examine_all(paths[:4], looks=Looks(folder))
    quality.examine_all(paths, looks=Looks(folder))
    quality.examine_all(paths, looks=Looks(folder))
    assert len(decoded) == 5


def test_a_damaged_file_is_no_knowledge(paths, decoded, tmp_path):
    folder = tmp_path / "looks"
    first = quality.examine_all(paths, looks=Looks(folder))
    (kept,) = folder.glob("*.looks")
    content = bytearray(kept.read_bytes())
    content[70] ^= 1
    kept.write_bytes(content)
    assert quality.examine_all(paths, looks=Looks(folder)) == first
    assert len(decoded) == 10


def test_unusable_pictures_are_looked_at_each_time(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    for _ in range(2):
        (result,) = quality.examine_all([str(tmp_path / "bad.png")], looks=Looks(tmp_path / "looks"))
        assert isinstance(result, BadPicture)


def test_without_a_folder_nothing_is_kept(paths, decoded):
    quality.examine_all(paths, looks=Looks(None))
    quality.examine_all(paths, looks=Looks(None))
    assert len(decoded) == 10


def test_near_twins_are_found_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = []

    def find() -> np.ndarray:
        asked.append(1)
        return np.array([[0, 3], [1, 2]])

    for digests in (["a", "b"], ["a", "b"], ["a", "c"]):
        np.testing.assert_array_equal(known_pairs(digests, find), [[0, 3], [1, 2]])
    assert len(asked) == 2
    for kept in (tmp_path / "headstart" / "looks" / "twins").glob("*.json"):
        kept.write_text(kept.read_text(encoding="utf-8").replace("3", "4"), encoding="utf-8")
    np.testing.assert_array_equal(known_pairs(["a", "b"], find), [[0, 3], [1, 2]])
    assert len(asked) == 3
    np.testing.assert_array_equal(known_pairs(["x"], lambda: np.empty((0, 2), np.int64)).shape, (0, 2))
