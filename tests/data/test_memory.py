"""What pictures take of the memory is bounded, for all threads together, before they are decoded."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image

from headstart import data
from headstart.data import memory
from headstart.data.decode import content, decode, read_bytes
from headstart.data.memory import Budget
from headstart.data.quality import examine_all
from headstart.errors import PictureError

PREPARE = data.Preprocess(16, 16, "bicubic", (0.5,) * 3, (0.5,) * 3)


def test_a_large_picture_waits_until_there_is_room_and_small_ones_behind_it():
    budget, order = Budget(100), []

    def take(name: str, size: int) -> None:
        with budget.hold(size, name):
            order.append(name)

    with budget.hold(60, "first"):
        threads = []
        for name, size in (("large", 80), ("small", 10)):
            threads.append(threading.Thread(target=take, args=(name, size)))
            threads[-1].start()
            time.sleep(0.05)
        assert order == []
    for thread in threads:
        thread.join(5)
    assert order == ["large", "small"]


def test_never_more_than_the_limit_is_taken_at_one_time():
    budget, lock = Budget(100), threading.Lock()
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 101, 200).tolist()
    taken, most = 0, 0

    def take(size: int) -> None:
        nonlocal taken, most
        with budget.hold(size, ""):
            with lock:
                taken += size
                most = max(most, taken)
            time.sleep(0.0002)
            with lock:
                taken -= size

    list(data.loader.ordered(take, sizes, workers=8))
    assert 50 < most <= 100


def test_an_error_gives_the_room_back():
    budget = Budget(10)
    for _ in range(3):
        with pytest.raises(KeyError), budget.hold(10, ""):
            raise KeyError


def test_the_bound_is_an_eighth_of_the_memory_and_a_gibibyte_at_least(monkeypatch):
    for there, bound in ((1 << 30, 1 << 30), (64 << 30, 8 << 30)):
        monkeypatch.setattr(memory, "_memory", lambda there=there: there)
        assert memory._bound() == bound
    monkeypatch.undo()
    assert memory._memory() > 0


@pytest.fixture
def bound(monkeypatch):
    """bound(bytes): so much for pixels and for files of more than 1,000 bytes."""

    def set_(size: int) -> None:
        for name in ("pixels", "contents"):
            budget = Budget(size)
            monkeypatch.setattr(memory, name, lambda budget=budget: budget)
        monkeypatch.setattr("headstart.data.decode._LARGE", 1_000)

    return set_


def test_what_can_never_fit_is_left_out_with_its_size_and_the_bound(bound, encode, tmp_path):
    bound(10_000_000)
    (tmp_path / "large.png").write_bytes(encode(Image.new("RGB", (3000, 2000)), "PNG"))
    (tmp_path / "grey.png").write_bytes(encode(Image.new("L", (3000, 2000)), "PNG"))
    large, grey = examine_all([str(tmp_path / f"{name}.png") for name in ("large", "grey")])
    assert isinstance(large, data.BadPicture)
    reason = (
        "its 3,000 × 2,000 pixels would take 24.0 MB of memory, at most 10.0 MB expected; make it smaller"
    )
    assert large.reason == reason
    assert not isinstance(grey, data.BadPicture)
    with pytest.raises(PictureError, match=r"large\.png: its 3,000"):
        list(data.frames([str(tmp_path / "large.png")], PREPARE))


def test_a_jpeg_that_is_decoded_small_needs_little_room(bound, encode, tmp_path):
    bound(10_000_000)
    (tmp_path / "large.jpg").write_bytes(encode(Image.new("RGB", (3000, 2000)), "JPEG"))
    ((_, batch),) = data.frames([str(tmp_path / "large.jpg")], PREPARE)
    assert batch.shape == (1, 16, 16, 3)


def test_many_threads_share_the_room(bound, encode, tmp_path, monkeypatch):
    bound(250_000)
    held, waited, taken = 0, 0, threading.Lock()
    hold = Budget.hold

    @contextlib.contextmanager
    def counted(budget, size, what):
        nonlocal held, waited
        with taken:
            waited += budget._used + size > budget.limit
        with hold(budget, size, what):
            with taken:
                held = max(held, budget._used)
            yield

    monkeypatch.setattr(Budget, "hold", counted)
    for number in range(12):
        picture = np.random.default_rng(number).integers(0, 256, (200, 250, 3), dtype=np.uint8)
        (tmp_path / f"{number:02d}.png").write_bytes(encode(Image.fromarray(picture), "PNG"))
    paths = sorted(str(path) for path in tmp_path.iterdir())
    assert not [one for one in examine_all(paths, workers=6) if isinstance(one, data.BadPicture)]
    assert sum(len(batch) for _, batch in data.frames(paths, PREPARE, workers=6)) == 12
    assert waited
    assert 0 < held <= 250_000


@pytest.mark.parametrize("size", [2_000_000_000, 60_000_000_000])
def test_a_sparse_file_is_not_read_to_be_refused(size, bound, encode, tmp_path):
    bound(1_000_000_000)
    head, told = encode(Image.new("L", (9, 9)), "PNG"), f"its file would take {size / 1e9:.1f} GB of memory"
    for name, begin, reason in (("a.jpg", b"", "not a picture"), ("b.png", head, told)):
        with (tmp_path / name).open("wb") as handle:
            handle.write(begin)
            handle.truncate(size)
        began = time.process_time()
        (bad,) = examine_all([str(tmp_path / name)])
        assert isinstance(bad, data.BadPicture)
        assert reason in bad.reason
        with pytest.raises(PictureError, match=reason):
            read_bytes(str(tmp_path / name))
        assert time.process_time() - began < 1


def test_a_large_file_holds_its_place_while_it_is_used(bound, encode, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (200, 250, 3), dtype=np.uint8)
    data_ = encode(Image.fromarray(picture), "PNG")
    (tmp_path / "a.png").write_bytes(data_)
    bound(len(data_) + 100)
    with content(str(tmp_path / "a.png")) as held:
        assert held == data_
        assert memory.contents()._used == len(data_)
    assert memory.contents()._used == 0
    bound(len(data_) - 1)
    with pytest.raises(PictureError, match="its file would take"), content(str(tmp_path / "a.png")):
        pass


def test_too_many_pixels_are_told_with_their_number(encode, monkeypatch):
    data_ = encode(Image.new("L", (300, 200)), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
    with pytest.raises(PictureError, match="too many pixels: 60,000, at most 40,000 expected"):
        decode(data_)


_PEAK = """
import resource, sys
from headstart.data import Preprocess, frames
from headstart.data.quality import examine
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
examine(sys.argv[1])
list(frames([sys.argv[1]], Preprocess(64, 64, "bicubic", (0.5,) * 3, (0.5,) * 3)))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize(("mode", "form", "most"), [("I;16", "PNG", 5), ("1", "TIFF", 4), ("RGB", "PNG", 7)])
def test_a_pixel_takes_no_more_than_pillow_and_a_copy_need(mode, form, most, encode, tmp_path):
    """Bytes a pixel at the peak, of 25 million pixels: what Pillow holds, what they become, and a little besides."""
    options = {"compression": "group4"} if form == "TIFF" else {"compress_level": 1}
    path = tmp_path / "large"
    path.write_bytes(encode(Image.new(mode, (5000, 5000)), form, **options))
    peak = subprocess.run(
        [sys.executable, "-c", _PEAK, path], capture_output=True, text=True, check=True, timeout=100
    )
    assert int(peak.stdout) / 5000**2 < most
