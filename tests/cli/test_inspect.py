"""inspect with pictures: the page, the numbers, and each mistake in one line."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import tree


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("layers") / "shapes", each=8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ResNet of timm's with random weights, as a file."""
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "resnet10t.safetensors"
    save_file(timm.create_model("resnet10t", num_classes=7).state_dict(), file)
    return file


@pytest.mark.parametrize("name", ["small", "demo-cnn", "timm:resnet10t"])
def test_the_page_and_the_numbers_of_every_stage(headstart, pictures, weights, tmp_path, name) -> None:
    more = (
        ["--weights", weights, "--image-size", 64, "--mean", *"000", "--std", *"111"] if ":" in name else []
    )
    answer = headstart("inspect", name, *more, "--data", pictures, "-o", tmp_path / "seen", "--json")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    layers = found["layers"]
    assert [layer["name"] for layer in layers["layers"]] == [stage["name"] for stage in found["stages"]]
    assert layers["classes"] == ["circle", "cross"]
    for layer in layers["layers"]:
        assert 0 <= layer["accuracy"] <= 1
        for unit in layer["units"]:
            assert len({one["picture"] for one in unit["patches"]}) == len(unit["patches"])
            for left, top, right, bottom in (one["box"] for one in unit["patches"]):
                assert 0 <= left < right <= layers["size"]
                assert 0 <= top < bottom <= layers["size"]
    page = Path(found["page"])
    assert page == tmp_path / "seen" / "layers.html"
    assert page.read_text(encoding="utf-8").count('<section id="stage-') == len(layers["layers"])


def test_one_picture_and_one_stage(headstart, pictures: Path, tmp_path: Path) -> None:
    picture = next(iter(sorted((pictures / "cross").iterdir())))
    where = ["--stage", "stage2,stage3", "-o", tmp_path / "one"]
    answer = headstart("inspect", "small", "--image", picture, *where, "--json")
    layers = json.loads(answer.out)["layers"]
    assert [layer["name"] for layer in layers["layers"]] == ["stage2", "stage3"]
    assert (layers["pictures"], layers["picture"]) == (0, str(picture))
    assert all(layer["accuracy"] is None and layer["strongest"] for layer in layers["layers"])


def test_a_case_is_told_on_the_page_and_most_is_kept_to(headstart, pictures: Path, tmp_path: Path) -> None:
    where = ["--data", pictures, "--most", 6, "-o", tmp_path / "case"]
    answer = headstart("inspect", "small", "--case", 2, "--cut", "stage2", *where, "--json")
    found = json.loads(answer.out)
    assert found["layers"]["pictures"] <= 6
    html = Path(found["page"]).read_text(encoding="utf-8")
    assert html.count("kept, and frozen") == 3
    assert "sliced off" in html


def test_a_bundle_frozen_and_trained(headstart, pictures: Path, tmp_path: Path) -> None:
    for case, more in ((1, []), (3, ["--epochs", 1, "--fallback", "none"])):
        run = tmp_path / f"run-{case}"
        assert headstart("train", pictures, "--backbone", "small", "--case", case, *more, "-o", run).code == 0
        answer = headstart("inspect", run, "--data", pictures, "-o", tmp_path / f"seen-{case}", "--json")
        assert answer.code == 0, answer.err
        found = json.loads(answer.out)
        assert len(found["layers"]["layers"]) == 6
        html = Path(found["page"]).read_text(encoding="utf-8")
        assert ("kept, and frozen" if case == 1 else "kept, and trained on") in html


def test_the_drawing_is_a_file_or_printed(headstart, tmp_path: Path) -> None:
    file = tmp_path / "case.svg"
    assert headstart("inspect", "demo-cnn", "--case", 1, "--svg", file).code == 0
    printed = headstart("inspect", "demo-cnn", "--case", 1, "--svg", "-").out
    assert printed.strip() == file.read_text(encoding="utf-8").strip()
    assert ElementTree.fromstring(printed).tag.endswith("svg")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--most", 5], "--most: there is nothing to look at; add --image, --data or both"),
        (["--stage", "stage1"], "--stage: there is nothing to look at"),
        (["--image", "none.png"], "none.png"),
        (
            ["--data", "SHAPES", "--stage", "stage9"],
            "--stage stage9: small has no such stage; it has stem, stage1",
        ),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_a_mistake_is_one_line(
    headstart, pictures: Path, tmp_path, monkeypatch, asked: list, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = headstart(
        "inspect", "small", *(pictures if word == "SHAPES" else word for word in asked), "--quiet"
    )
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_replaced_only_where_that_is_asked_for(headstart, tmp_path: Path) -> None:
    file = tmp_path / "net.svg"
    file.write_text("mine")
    answer = headstart("inspect", "small", "--svg", file)
    assert (answer.code, file.read_text()) == (2, "mine")
    assert "already there; name another place, or add --force to replace it" in answer.err
    assert headstart("inspect", "small", "--svg", file, "--force").code == 0
