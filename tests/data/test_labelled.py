"""Labelled pictures in memory make the same data set as the same pictures in files."""

from __future__ import annotations

import io
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from PIL import Image

from headstart import backbone, data
from headstart.data.given import Given, given
from headstart.data.quality import digest_of
from headstart.errors import DataError, PictureError
from headstart.extraction import extract
from headstart.runtime import Execution
from headstart.training.batches import Pictures

PREPARE = data.Preprocess(6, 7, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
FORMS = {
    "paths": list,
    "bytes": lambda paths: [path.read_bytes() for path in paths],
    "images": lambda paths: [Image.open(path) for path in paths],
    "arrays": lambda paths: [np.asarray(Image.open(path)) for path in paths],
    "stack": lambda paths: np.stack([np.asarray(Image.open(path)) for path in paths]),
    "objects": lambda paths: np.array([*paths, None], object)[:-1],
    "mixed": lambda paths: [FORMS[("paths", "bytes", "arrays")[i % 3]]([p])[0] for i, p in enumerate(paths)],
}


@pytest.fixture
def root(tree) -> Path:
    return tree({"cats": 7, "dogs": 9})


@pytest.fixture
def paths(root) -> list[Path]:
    return sorted(root.rglob("*.png"))


def labels(paths: list[Path]) -> list[str]:
    return [path.parent.name for path in paths]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_pictures_make_the_same_set(form, root, paths):
    folder = data.load(root).dataset
    given = data.load((FORMS[form](paths), labels(paths))).dataset
    assert given.classes == folder.classes == ("cats", "dogs")
    for name in ("labels", "groups"):
        np.testing.assert_array_equal(getattr(given, name), getattr(folder, name))
    if form in ("paths", "bytes", "objects"):
        assert given.fingerprint == folder.fingerprint
        one, two = (data.partition(dataset, seed=3) for dataset in (given, folder))
        np.testing.assert_array_equal(one.report, two.report)
    (_, shown), (_, expected) = (next(data.frames(d.pictures, PREPARE)) for d in (given, folder))
    np.testing.assert_array_equal(shown, expected)
    np.testing.assert_array_equal(PREPARE.frame(Pictures(given.pictures, PREPARE)[4]), expected[4])


def test_features_are_equal_and_known_by_content(paths):
    network = backbone.load("demo-cnn")
    found = {}
    for form in ("paths", "bytes", "images", "arrays"):
        dataset = data.load((FORMS[form](paths), labels(paths))).dataset
        found[form] = extract(dataset, np.arange(16), network, execution=Execution(keep="none")).x["conv2"]
    for rows in found.values():
        np.testing.assert_array_equal(rows, found["paths"])


def test_pictures_keep_their_order_and_have_names(paths):
    mixed = [paths[3], np.asarray(Image.open(paths[0])), paths[1].read_bytes(), paths[2]]
    dataset = data.load((mixed, [1, 0, 0, 1]), training=False).dataset
    assert dataset.paths == (str(paths[3]), "pictures[1]", "pictures[2]", str(paths[2]))
    assert dataset.labels.tolist() == [1, 0, 0, 1]
    assert dataset.take([2, 0]).paths == ("pictures[2]", str(paths[3]))


def test_copies_are_found_between_memory_and_files(paths):
    arrays = [np.asarray(Image.open(path)) for path in paths[:3]]
    intake = data.load(([*paths, *arrays], [*labels(paths), *labels(paths)[:3]]))
    assert intake.dataset.groups[16:].tolist() == intake.dataset.groups[:3].tolist()
    assert [(pair.kind, pair.path) for pair in intake.alike] == [
        ("copy", f"pictures[{i}]") for i in (16, 17, 18)
    ]


def test_near_twins_are_found_between_memory_and_files(tmp_path, paint):
    paths = [paint(tmp_path / f"{i}.png", size=48) for i in range(8)]
    brighter = Image.open(paths[0]).point(lambda v: v * 0.9)
    intake = data.load(([*paths, brighter], list("aaaabbbba")))
    assert [pair.kind for pair in intake.alike] == ["near twin"]
    assert intake.dataset.groups[8] == intake.dataset.groups[0]


def test_groups_are_kept_and_none_is_alone(paths):
    groups = ["x", None, ("y", 1), "x", float("nan"), ("y", 1), None, *range(9)]
    dataset = data.load((paths, labels(paths), groups)).dataset
    assert dataset.groups[:7].tolist() == [0, 1, 2, 0, 3, 2, 4]
    assert len(set(dataset.groups.tolist())) == 14


def test_labels_are_numbers_too(paths):
    dataset = data.load((paths, np.array([10] * 8 + [9] * 8))).dataset
    assert dataset.classes == ("10", "9")
    assert dataset.labels.tolist() == [0] * 8 + [1] * 8


def test_unusable_pictures_are_left_out_by_name(paths, said):
    short = io.BytesIO()
    Image.open(paths[0]).save(short, "JPEG")
    held = [*paths, b"no picture", short.getvalue()[:-40], "gone.png"]
    intake = data.load((held, [*labels(paths), "cats", "cats", "cats"]))
    assert len(intake.dataset) == 16
    assert [(bad.path, bad.reason) for bad in intake.quarantine] == [
        ("gone.png", "no such file"),
        ("pictures[16]", "not a picture"),
        ("pictures[17]", "truncated"),
    ]
    kept = data.load((held[:-3] + held[-2:-1], [*labels(paths), "cats"]), truncated="keep")
    assert len(kept.dataset) == 17
    assert any("pictures[16]: truncated" in line for line in kept.notes)


REFUSED = [
    (lambda p: [p, ["a"] * 16], r"source: of type list; expected \(pictures, labels\)"),
    (lambda p: (p,), "source: of type tuple of 1"),
    (lambda p: (p, ["a"] * 15), "labels: 15 for 16 pictures"),
    (lambda p: (p, "ab"), "labels: of type str"),
    (lambda p: (p, ["a"] * 15 + [""]), r"labels\[15\]: ''"),
    (lambda p: (p, ["a"] * 15 + [None]), r"labels\[15\]: None, of type NoneType"),
    (lambda p: (p, [0.5] * 16), r"labels\[0\]: 0.5, of type float"),
    (lambda p: (p, [1] * 8 + ["1"] * 8), r"labels\[8\]: 1 is a string in one place and a number in another"),
    (lambda p: (p, ["a"] * 16, ["x"] * 3), "groups: 3 for 16 pictures"),
    (lambda p: (p, ["a"] * 16, [[]] * 16), r"groups\[0\]: of type list"),
    (lambda p: ([*p[:15], 3.5], ["a"] * 16), r"pictures\[15\]: of type float"),
    (lambda p: ([*p[:15], np.zeros((3, 3))], ["a"] * 16), r"pictures\[15\]: an array of float64"),
    (lambda p: (p, ["a"] * 16), "the pictures given: one class, 'a'; expected at least 2"),
    (lambda p: (p, ["a"] * 15 + ["b"]), "the pictures given: classes with fewer than 3"),
    (lambda p: ([b"no"] * 6, list("aaabbb")), r"no pictures.*pictures\[0\]: not a picture"),
]


@pytest.mark.parametrize(("source", "words"), REFUSED)
def test_what_is_refused_is_named_in_one_line(source, words, paths):
    with pytest.raises(DataError, match=words) as raised:
        data.load(source(paths))
    assert "\n" not in str(raised.value)


def test_check_looks_at_the_shape_of_a_source(paths):
    data.check((paths, labels(paths)))
    with pytest.raises(DataError, match="expected"):
        data.check((paths,))


def test_a_picture_that_cannot_be_read_later_is_named():
    with pytest.raises(PictureError, match=r"pictures\[0\]: not a picture"):
        next(data.frames([Given("pictures[0]", b"no")], PREPARE))
    with pytest.raises(PictureError, match=r"pictures\[0\]: not a picture"):
        Pictures([Given("pictures[0]", b"no")], PREPARE)[0]


@hypothesis.given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["L", "RGB", "I;16"]), st.data())
@hypothesis.settings(max_examples=60, deadline=None)
def test_digests_tell_contents_and_nothing_else(width, height, mode, drawn):
    """Equal for an array and the image of it, and other for another size, mode or pixel."""
    count = width * height * (3 if mode == "RGB" else 1)
    most = 65_535 if mode == "I;16" else 255
    values = drawn.draw(st.lists(st.integers(0, most), min_size=count, max_size=count))
    kind = np.uint16 if mode == "I;16" else np.uint8
    array = np.array(values, kind).reshape((height, width, 3) if mode == "RGB" else (height, width))
    digest = digest_of(array)
    assert digest == digest_of(Image.fromarray(array)) == digest_of(array.copy())
    changed = array.copy()
    changed.flat[drawn.draw(st.integers(0, count - 1))] ^= 1
    assert digest_of(changed) != digest
    if width != height:
        assert digest_of(array.reshape(width, height, *array.shape[2:])) != digest


def test_digests_know_what_decoding_does(paths, encode):
    """A palette, a turn by EXIF and transparency change what is seen, hence the digest."""
    colour = Image.open(paths[0])
    palette = colour.convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    other = palette.copy()
    other.putpalette([255 - v for v in palette.getpalette()])
    turned = Image.open(io.BytesIO(encode(colour, "PNG", exif=_turn())))
    veiled = colour.copy()
    veiled.putalpha(90)
    assert len({digest_of(image) for image in (colour, palette, other, turned, veiled)}) == 5


def _turn() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@pytest.mark.parametrize("form", ["images", "arrays", "stack"])
def test_what_is_done_to_pictures_later_changes_nothing(form, paths):
    pictures = FORMS[form](paths)
    if form == "arrays":
        pictures = list(map(np.array, pictures))
    held = data.load((pictures, labels(paths))).dataset
    for picture in pictures if isinstance(pictures, list) else [pictures]:
        if isinstance(picture, Image.Image):
            picture.paste("red", (0, 0, *picture.size))
        else:
            picture[:] = 255 - picture
    assert tuple(map(digest_of, (picture.content for picture in held.pictures))) == held.digests


def test_one_buffer_may_be_filled_again_and_again(paths):
    def filled():
        buffer = np.empty_like(np.asarray(Image.open(paths[0])))
        for path in paths:
            buffer[:] = np.asarray(Image.open(path))
            yield buffer

    once = data.load((FORMS["arrays"](paths), labels(paths))).dataset
    assert data.load((filled(), labels(paths))).dataset.digests == once.digests
    assert [digest_of(picture.content) for picture in given(filled())] == list(once.digests)


def test_of_an_image_that_stands_at_a_later_frame_the_first_is_taken(paths):
    first, second = (Image.open(path).convert("RGB") for path in (paths[0], paths[-1]))
    file = io.BytesIO()
    first.save(file, "PNG", save_all=True, append_images=[second])
    image = Image.open(file)
    image.seek(1)
    assert digest_of(image) == digest_of(first) != digest_of(second)
    assert digest_of(given([image], keep=True)[0].content) == digest_of(first)
    assert image.tell() == 1


def test_a_damaged_image_is_left_out_by_name(paths):
    short = Image.open(io.BytesIO(paths[0].read_bytes()[:-40]))
    found = data.load(([short, *paths], ["cats", *labels(paths)]))
    assert [bad.path for bad in found.quarantine] == ["pictures[0]"]
