"""A JPEG that lacks its end is left out, or, where that is asked for, used as far as it goes: in every step alike."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from headstart import data
from headstart.data.decode import opened
from headstart.data.looks import Looks
from headstart.data.quality import examine_all
from headstart.errors import DataError, PictureError
from headstart.training.batches import Pictures

PREPARE = data.Preprocess(40, 40, "bicubic", (0.5,) * 3, (0.5,) * 3)


def photo(seed: int, side: int = 96) -> Image.Image:
    y, x = np.mgrid[:side, :side]
    rng = np.random.default_rng(seed)
    waves = [np.sin(x * rng.uniform(0.1, 0.4) + y * rng.uniform(0.1, 0.4)) for _ in range(3)]
    return Image.fromarray((np.stack(waves, -1) * 100 + 127).astype(np.uint8))


@pytest.fixture
def album(tmp_path: Path, encode: Callable[..., bytes]) -> Path:
    """Two classes of five JPEGs; of 1.jpg of each the last bytes are missing."""
    for number in range(10):
        folder = tmp_path / "album" / ("one", "two")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        content = encode(photo(number), "JPEG", quality=90)
        (folder / f"{number // 2}.jpg").write_bytes(content[:-30] if number // 2 == 1 else content)
    return tmp_path / "album"


def test_by_default_it_is_left_out(album):
    read = data.load(album)
    assert len(read.dataset) == 8
    assert {bad.reason for bad in read.quarantine} == {"truncated"}
    assert read.dataset.truncated == "refuse"


def test_it_is_kept_where_that_is_asked_for_told_and_counted(album, said):
    read = data.load(album, truncated="keep")
    assert (len(read.dataset), read.dataset.truncated, read.quarantine) == (10, "keep", ())
    note = "kept although their end is missing, decoded as far as they go: 2 (one/1.jpg: truncated; "
    note += "two/1.jpg: truncated)"
    assert read.notes == (note,)
    assert note in said


def test_what_an_earlier_run_kept_is_refused_again_and_kept_again(album):
    sizes = [len(data.load(album, truncated=truncated).dataset) for truncated in ("keep", "refuse", "keep")]
    assert sizes == [10, 8, 10]
    assert len(data.load(album, truncated="keep").notes) == 1


def test_a_run_that_refuses_does_not_forget_for_one_that_keeps(album, tmp_path):
    path = str(album / "one" / "1.jpg")
    for truncated, usable in (("refuse", False), ("keep", True), ("refuse", False)):
        (found,) = examine_all([path], looks=Looks(tmp_path / "looks"), truncated=truncated)
        assert isinstance(found, data.BadPicture) != usable


def test_every_step_decodes_it_alike(album):
    dataset = data.load(album, truncated="keep").dataset
    part = dataset.take([1, 0, 2])
    assert part.truncated == "keep"
    assert part.paths[0].endswith("1.jpg")
    ((_, framed),) = data.frames(part.paths, PREPARE, truncated=part.truncated)
    pictures = Pictures(part.paths, PREPARE, truncated=part.truncated)
    ((_, batch),) = pictures.batches([np.arange(3)], 0, 0, "none")
    np.testing.assert_array_equal(framed, batch)
    assert np.abs(framed[0].astype(int) - PREPARE.frame(photo(2)))[:30].mean() < 4
    for refusing in (
        lambda: list(data.frames(part.paths, PREPARE)),
        lambda: Pictures(part.paths, PREPARE)[0],
    ):
        with pytest.raises(PictureError, match=r"1\.jpg: truncated"):
            refusing()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2, 3, 100])
@pytest.mark.parametrize("least", [0, 16])
def test_as_far_as_it_goes_is_nearly_all(progressive, missing, least, encode):
    whole = encode(photo(0, 200), "JPEG", quality=90, progressive=progressive)
    with opened(whole, least=least) as picture:
        expected = np.asarray(picture.image).astype(int)
    with pytest.raises(PictureError, match="truncated"), opened(whole[:-missing], least=least):
        pass
    with opened(whole[:-missing], least=least, truncated="keep") as picture:
        assert not picture.whole
        assert picture.size == (200, 200)
        assert np.abs(np.asarray(picture.image) - expected).mean() < 1
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_other_formats_and_what_has_no_pixels_stay_refused(encode):
    for form in ("PNG", "BMP", "GIF", "TIFF"):
        content = encode(photo(0), form)
        with pytest.raises(PictureError), opened(content[: len(content) // 2], truncated="keep"):
            pass
    with pytest.raises(PictureError), opened(encode(photo(0), "JPEG")[:300], truncated="keep"):
        pass


def test_there_are_two_ways(album):
    with pytest.raises(DataError, match="truncated 'maybe': expected one of refuse, keep"):
        data.load(album, truncated="maybe")


def test_shards_are_read_alike(album, tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for path in sorted(album.rglob("*.jpg")):
            (label := path.with_suffix(".cls")).write_text(path.parent.name)
            for member in (path, label):
                archive.add(member, f"{path.parent.name}-{member.name}")
    shutil.rmtree(album)
    assert len(data.load(tmp_path / "a.tar").dataset) == 8
    assert len(data.load(tmp_path / "a.tar", truncated="keep").dataset) == 10
