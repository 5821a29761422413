"""A run and a zip stand for the bundle in them; a zip that is not honest leaves nothing behind."""

from __future__ import annotations

import json
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from headstart.model import archive as archives


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which every test leaves empty."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def zipped(folder: Path, target: Path, below: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{below}{path.relative_to(folder)}")
    return target


@pytest.mark.parametrize("form", ["run", "zip of a bundle", "zip of a run", "zip of a run's folder"])
def test_whatever_holds_the_bundle_is_taken_for_it(
    headstart, trained: Path, shapes: Path, tmp_path: Path, scratch: Path, form: str
) -> None:
    named = {
        "run": lambda: trained,
        "zip of a bundle": lambda: zipped(trained / "bundle", tmp_path / "some.zip"),
        "zip of a run": lambda: zipped(trained, tmp_path / "some.model"),  # a zip by its content
        "zip of a run's folder": lambda: zipped(trained, tmp_path / "some.zip", "shapes/"),
    }[form]()
    for command in (
        ("predict", "BUNDLE", shapes, "--json"),
        ("evaluate", "BUNDLE", shapes, "--json"),
        ("inspect", "BUNDLE", "--json"),
    ):
        answers = [
            headstart(*(str(b) if word == "BUNDLE" else word for word in command))
            for b in (named, trained / "bundle")
        ]
        assert [answer.code for answer in answers] == [0, 0], answers[0].err
        one, other = (json.loads(answer.out) for answer in answers)
        assert one.pop("bundle", str(named)) == str(named)
        other.pop("bundle", None)
        assert one == other
    assert not list(scratch.iterdir())


def member(name: str, kind: int = stat.S_IFREG) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o644) << 16
    return info


def up(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("../outside"), b"x")


def root(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("/outside"), b"x")


def drive(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("C:/outside"), b"x")


def back(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("..\\outside"), b"x")


def link(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("network", stat.S_IFLNK), b"/tmp")


def pipe(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("network", stat.S_IFIFO), b"")


def bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("model.safetensors"), bytes(100 << 20), zipfile.ZIP_DEFLATED)


def many(archive: zipfile.ZipFile) -> None:
    for number in range(10_001):
        archive.writestr(member(f"{number}"), b"")


def unusual(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("model.safetensors"), b"x", zipfile.ZIP_LZMA)


def two(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("a/headstart.json"), b"{}")
    archive.writestr(member("b/headstart.json"), b"{}")


def none(archive: zipfile.ZipFile) -> None:
    archive.writestr(member("readme.txt"), b"hello")


HOSTILE = [
    (up, True, "../outside: leads out of the folder"),
    (root, True, "/outside: leads out of the folder"),
    (drive, True, "C:/outside: leads out of the folder"),
    (back, True, "leads out of the folder"),
    (link, True, "network: a link or another special file"),
    (pipe, True, "network: a link or another special file"),
    (bomb, True, "would unpack to 104,857,"),
    (many, True, "too many files"),
    (unusual, True, "packed in an unusual way"),
    (two, False, "holds 2 bundles"),
    (none, False, "no bundle (no headstart.json)"),
]


@pytest.mark.parametrize(("spoil", "whole", "said"), HOSTILE, ids=[spoil.__name__ for spoil, *_ in HOSTILE])
def test_a_hostile_zip_is_refused_before_anything_is_unpacked(
    headstart, tmp_path: Path, scratch: Path, monkeypatch, spoil: Callable, whole: bool, said: str
) -> None:
    file = tmp_path / "some.zip"
    with zipfile.ZipFile(file, "w") as archive:
        if whole:
            archive.writestr(member("headstart.json"), b"{}")
        spoil(archive)
    monkeypatch.setattr(archives, "_write", lambda *_: pytest.fail("something is unpacked"))
    for command in (("predict", file, "x.png"), ("evaluate", file, tmp_path), ("inspect", file)):
        answer = headstart(*command)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert answer.err.startswith(f"headstart: {file}: ")
        assert said in answer.err
    assert not list(scratch.iterdir())
    assert not (tmp_path / "outside").exists()


def test_one_name_twice_is_refused(headstart, tmp_path: Path, scratch: Path) -> None:
    file = tmp_path / "some.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member("headstart.json"), b"{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(member("headstart.json"), b"{}")
    answer = headstart("inspect", file)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "or one twice" in answer.err


def lying(file: Path) -> None:
    """Every size in the directory is far less than what the data unpacks to."""
    data = file.read_bytes()
    size = (104_857_600).to_bytes(4, "little")
    assert size in data
    file.write_bytes(data.replace(size, (1000).to_bytes(4, "little")))


def torn(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[60:70] = b"\0" * 10
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("spoil", [lying, torn])
def test_a_damaged_zip_is_one_line_that_names_it(
    headstart, tmp_path: Path, scratch: Path, spoil: Callable
) -> None:
    file = tmp_path / "some.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member("headstart.json"), b"{}" * 200, zipfile.ZIP_DEFLATED)
        archive.writestr(member("model.safetensors"), bytes(100 << 20), zipfile.ZIP_DEFLATED)
    spoil(file)
    answer = headstart("inspect", file)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert answer.err.startswith(f"headstart: {file}: ")
    assert not list(scratch.iterdir())


def test_what_is_wrong_with_the_bundle_in_a_zip_names_the_zip(
    headstart, trained: Path, tmp_path: Path, scratch: Path
) -> None:
    bundle = shutil.copytree(trained / "bundle", tmp_path / "bundle")
    (bundle / "model.safetensors").write_bytes(b"torn")
    file = zipped(bundle, tmp_path / "some.zip")
    answer = headstart("inspect", file)
    assert answer.code == 2
    assert f"{file}/model.safetensors: damaged" in answer.err
    assert str(scratch) not in answer.err


def test_a_file_of_another_kind_says_what_can_be_read(headstart, tmp_path: Path) -> None:
    (tmp_path / "it.onnx").write_bytes(b"\x08\x0a")
    answer = headstart("predict", tmp_path / "it.onnx", "x.png")
    assert answer.code == 2
    assert "it.onnx: a file, and no bundle; expected the run, its folder bundle, or a zip" in answer.err


def test_the_runs_in_a_folder_are_named(headstart, trained: Path, shapes: Path, tmp_path: Path) -> None:
    one = next(shapes.glob("circle/*"))
    for number, said in (
        (1, "did you mean {0}/a?"),
        (2, "did you mean {0}/a or {0}/b?"),
        (5, "did you mean {0}/a or {0}/b or {0}/c, or one of 2 more?"),
    ):
        runs = tmp_path / str(number)
        for name in "abcde"[:number]:
            (runs / name).mkdir(parents=True)
            (runs / name / "bundle").symlink_to(trained / "bundle", target_is_directory=True)
        answer = headstart("predict", runs, one)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert answer.err.strip().endswith(f"{runs}: no bundle (no headstart.json); {said.format(runs)}")
