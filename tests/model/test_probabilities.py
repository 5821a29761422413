"""What a Python program may ask a model about: one picture or many, however it has them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart import backbone, data, model
from headstart.errors import DataError, PictureError
from headstart.planning import cases
from headstart.runtime import Execution
from headstart.training.fit import fit
from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def shapes(tmp_path_factory) -> Path:
    return tree(tmp_path_factory.mktemp("shapes") / "data", each=6)


@pytest.fixture(scope="module")
def made(shapes) -> model.Model:
    dataset = data.load(shapes).dataset
    network = backbone.load("demo-cnn")
    return model.Model.of(fit(cases.make(1, network), network, dataset, data.partition(dataset, seed=0)))


@pytest.fixture(scope="module")
def paths(shapes) -> list[Path]:
    return sorted(shapes.rglob("*.png"))[:3]


@pytest.fixture(scope="module")
def expected(made, paths) -> np.ndarray:
    return made.probabilities([str(path) for path in paths])


def close(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_one_picture_of_every_kind(made, paths, expected):
    path = paths[0]
    image = Image.open(path)
    for picture in (
        str(path),
        path,
        path.read_bytes(),
        bytearray(path.read_bytes()),
        image,
        np.asarray(image),
    ):
        found = made.probabilities(picture)
        assert found.shape == (1, 2)
        close(found, expected[:1])


def test_several_pictures_of_every_kind_and_mixed(made, paths, expected):
    images = [Image.open(path) for path in paths]
    arrays = [np.asarray(image) for image in images]
    for pictures in (
        paths,
        tuple(paths),
        iter(paths),
        np.array([str(path) for path in paths]),
        images,
        arrays,
        np.stack(arrays),
        [str(paths[0]), images[1], arrays[2]],
        [paths[0].read_bytes(), paths[1], images[2]],
    ):
        close(made.probabilities(pictures), expected)
    often = Image.open(paths[0])
    close(made.probabilities([often] * 40), expected[[0] * 40])
    assert (
        made.probabilities([]).shape == made.probabilities(np.empty((0, 9, 9, 3), np.uint8)).shape == (0, 2)
    )


def test_an_answer_does_not_depend_on_what_is_asked_beside_it(made, paths):
    """To the last bit: on a CPU alone, where the network's own features do not."""
    many = [*paths, *paths, *paths]
    together = made.probabilities(many)
    for n in (1, 2, 4):
        apart = np.concatenate([made.probabilities(many[at : at + n]) for at in range(0, len(many), n)])
        np.testing.assert_array_equal(apart, together)


def test_the_head_is_asked_about_many_batches_at_once(made, paths, monkeypatch):
    """After each product numpy's threads take the cores of the network for a while."""
    asked: list[int] = []
    answers_to = model.Model.answers_to
    monkeypatch.setattr(
        model.Model, "answers_to", lambda self, x: asked.append(len(x)) or answers_to(self, x)
    )
    by_twos, many = Execution(batch_size=2), [str(path) for path in paths] * 4
    whole = made.probabilities(many, execution=by_twos)
    assert asked == [12]
    monkeypatch.setattr("headstart.model.model._ROWS", 5)
    assert np.array_equal(made.probabilities(many, execution=by_twos), whole)
    assert asked == [12, 6, 6]


def test_images_and_arrays_go_through_the_rules_of_files(made, paths, tmp_path):
    """Orientation, transparency, palettes, grey and its depth."""
    colour = Image.open(paths[0]).convert("RGB").resize((50, 30))
    exif = Image.Exif()
    exif[0x0112] = 6
    see_through = colour.copy()
    see_through.putalpha(colour.convert("L"))
    grey = np.asarray(colour.convert("L"))
    deep = grey.astype(np.uint16) * 257
    for image, options in (
        (colour, {"exif": exif}),
        (see_through, {}),
        (colour.convert("P"), {}),
        (Image.fromarray(grey), {}),
        (Image.fromarray(deep), {}),
        (Image.fromarray(grey > 99), {}),
    ):
        image.save(tmp_path / "a.png", **options)
        with Image.open(tmp_path / "a.png") as opened:
            close(made.probabilities(opened), made.probabilities(tmp_path / "a.png"))
    close(made.probabilities(grey), made.probabilities(Image.fromarray(grey)))
    close(made.probabilities(deep), made.probabilities(Image.fromarray(deep)))


def test_a_picture_is_left_as_it_was(made, paths, tmp_path):
    Image.open(paths[0]).convert("RGB").resize((900, 800)).save(tmp_path / "large.jpg")
    with Image.open(tmp_path / "large.jpg") as large:
        close(made.probabilities(large), made.probabilities(np.asarray(large)))
        assert large.size == (900, 800)
    image = Image.open(paths[0]).convert("RGBA")
    array = np.asarray(Image.open(paths[0])).copy()
    before = image.tobytes(), array.copy()
    made.probabilities([image, array])
    assert (image.mode, image.tobytes()) == ("RGBA", before[0])
    np.testing.assert_array_equal(array, before[1])


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (3, "pictures: of type int; expected a path, the bytes"),
        (None, "pictures: of type NoneType"),
        ({"a": 1}, "pictures: of type dict"),
        (np.zeros((4, 4, 4), np.uint8), r"pictures: an array of uint8 \[4, 4, 4\]"),
        (np.zeros((4, 4, 3)), r"pictures: an array of float64 \[4, 4, 3\]"),
        (np.zeros((0, 4, 3), np.uint8), r"pictures: an array of uint8 \[0, 4, 3\]"),
        (np.zeros((2, 4, 4, 1), np.uint8), r"pictures\[0\]: an array of uint8 \[4, 4, 1\]"),
        (np.zeros(5), "pictures: an array of float64"),
        ([np.zeros((4, 4, 3), np.uint8), 7], r"pictures\[1\]: of type int; expected a path"),
        ([["a.png"]], r"pictures\[0\]: of type list"),
        (io.BytesIO(b"a picture's bytes"), "pictures: of type BytesIO"),
        (Image.new("RGB", (0, 5)), "a picture of 0 × 5 pixels"),
    ],
)
def test_anything_else_is_one_clear_line(made, pictures, said):
    with pytest.raises(DataError, match=said) as caught:
        made.probabilities(pictures)
    assert "\n" not in str(caught.value)


def test_a_picture_that_cannot_be_used_is_named(made, paths, tmp_path):
    whole = paths[0].read_bytes()
    closed = Image.open(io.BytesIO(whole))
    closed.close()
    half = Image.open(io.BytesIO(whole[:-200]))
    for bad, said in (
        (b"no picture", "the picture: not a picture"),
        ([whole, b""], r"pictures\[1\]: empty file"),
        ([whole, half], r"pictures\[1\]: "),
        (closed, "the picture: "),
        ("none.png", "none.png: no such file"),
        (tmp_path / "x.png", "x.png: no such file"),
    ):
        with pytest.raises(PictureError, match=said):
            made.probabilities(bad)


def test_a_jpeg_without_its_end_is_taken_where_that_is_asked_for(made, paths):
    out = io.BytesIO()
    Image.open(paths[0]).convert("RGB").save(out, "JPEG")
    with pytest.raises(PictureError, match="the picture: truncated"):
        made.probabilities(out.getvalue()[:-5])
    assert made.probabilities(out.getvalue()[:-5], truncated="keep").shape == (1, 2)
    with pytest.raises(DataError, match="truncated 'yes'"):
        made.probabilities(out.getvalue(), truncated="yes")
