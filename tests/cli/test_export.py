"""headstart export: from the command line to a form that other tools read."""

from __future__ import annotations

import json

import pytest

import headstart as library
from headstart.job.options import EXPORTS
from headstart.model.formats.html import ALLOWED
from headstart.web import node


def test_a_zip_is_written_checked_and_predicts(headstart, trained, shapes, tmp_path):
    place = tmp_path / "shapes.zip"
    answer = headstart("export", trained, "--to", "zip", "-o", place, "--pictures", shapes, "--json")
    told = json.loads(answer.out)
    assert answer.code == 0
    assert told["format"] == "zip"
    assert told["path"] == str(place)
    assert told["check"]["given"]
    assert told["check"]["prepared"]["same"] == told["check"]["prepared"]["pictures"] == 28
    assert headstart("predict", place, shapes / "circle" / "00.png").code == 0


def test_without_a_place_it_lies_here_under_the_name_of_the_run(headstart, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = headstart("export", trained / "bundle", "--to", "openvino")
    assert answer.code == 0
    assert "64 generated pictures, 64 get the bundle's answer" in answer.out
    assert {path.name for path in (tmp_path / "shapes-openvino").iterdir()} == {
        "network.xml",
        "network.bin",
        "facts.json",
        "check.json",
        "README.md",
    }


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--to", "onxx"), f"did you mean onnx? expected one of {', '.join(EXPORTS)}"),
        (("--to", "coreml"), f"format 'coreml' is unknown; expected one of {', '.join(EXPORTS)}"),
        (("--to", "timm"), "is no network of timm's; export it to torch or onnx"),
        (("--to", "zip", "--pictures", "nowhere"), "nowhere"),
        (("--to", "zip", "--bits", "8"), "zip keeps weights as they are; 8 bits are for html"),
        (("--to", "html", "--bits", "8"), "give some (--pictures)"),
        (("--to", "html", "--bits", "4"), "invalid choice"),
    ],
)
def test_mistakes_are_one_line(headstart, trained, tmp_path, flags, said):
    answer = headstart("export", trained, *flags, "-o", tmp_path / "it", "--quiet")
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_library_exports_what_lives_in_memory(trained, tmp_path):
    loaded = library.load(trained / "bundle")
    found = library.export(loaded, "zip", tmp_path / "it.zip")
    assert found.parity.prepared.holds
    assert library.load(found.place).classes == loaded.classes


@pytest.mark.skipif(node.found() is None, reason="no node on this machine")
@pytest.mark.parametrize(("bits", "kept"), [("16", "half precision"), ("8", "8 bits")])
def test_a_page_is_checked_and_its_card_says_how_its_weights_are_kept(
    headstart, trained, shapes, tmp_path, bits, kept
):
    place = tmp_path / "shapes.html"
    answer = headstart(
        "export", trained, "--to", "html", "-o", place, "--pictures", shapes, "--bits", bits, "--json"
    )
    check = json.loads(answer.out)["check"]
    assert check["prepared"]["same"] == check["prepared"]["pictures"] == 28
    assert check["rounded"] == ALLOWED[int(bits)]
    card = place.with_name("shapes.html.README.md").read_text(encoding="utf-8")
    assert f"with weights in {kept}" in card
    assert "Open `shapes.html` in a browser" in card
