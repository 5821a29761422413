"""What a run's report shows of where its model looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import headstart as hs
from headstart.job.explained import _window, explained_pictures
from headstart.report.contents import Judged


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> hs.Run:
    """Of pictures of 60 × 40 that EXIF turns by 90 degrees, so that they are shown as 40 × 60."""
    place, rng = tmp_path_factory.mktemp("turned"), np.random.default_rng(0)
    turned = Image.Exif()
    turned[0x0112] = 6
    for name, colour in (("blue", 2), ("red", 0)):
        (place / name).mkdir()
        for number in range(8):
            pixels = rng.integers(0, 90, (40, 60, 3), np.uint8)
            pixels[..., colour] += 150
            Image.fromarray(pixels).save(place / name / f"{number}.jpg", exif=turned)
    return hs.train(str(place), case=1)


def test_the_map_lies_where_the_upright_picture_was_seen(run: hs.Run) -> None:
    left, top, width, height = _window(run.prepared.dataset.pictures[0], run)
    preprocess = run.model.backbone.preprocess
    seen = preprocess.size / preprocess.resize
    assert (width, height) == pytest.approx((seen, seen * 40 / 60))
    assert (left, top) == pytest.approx(((1 - width) / 2, (1 - height) / 2))


def test_a_picture_that_is_gone_costs_the_report_this_part_alone(run: hs.Run, tmp_path: Path) -> None:
    assert explained_pictures(run, (Judged(str(tmp_path / "gone.jpg"), "red", "blue", 0.9),), ()) is None
