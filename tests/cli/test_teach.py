"""headstart teach: a page is written; what cannot be is one line."""

from __future__ import annotations

import json

import pytest

import headstart as library
from headstart.errors import BackboneError
from headstart.web import node


def test_a_page_is_written_and_told_of(headstart, tmp_path):
    place = tmp_path / "teach.html"
    answer = headstart("teach", "--backbone", "demo-cnn", "-o", place, "--json")
    told = json.loads(answer.out)
    assert answer.code == 0
    assert told == {
        "page": str(place),
        "backbone": "demo-cnn",
        "bytes": place.stat().st_size,
        "checked": told["checked"],
    }
    if node.found():
        assert told["checked"] <= 1e-2


def test_without_flags_it_is_small_and_lies_here(headstart, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = headstart("teach")
    assert answer.code == 0
    assert "small" in answer.out
    assert (tmp_path / "teach.html").stat().st_size < 6_500_000


def test_what_lies_there_is_replaced_only_on_demand(headstart, tmp_path):
    place = tmp_path / "teach.html"
    place.write_text("mine")
    refused = headstart("teach", "--backbone", "demo-cnn", "-o", place)
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert "--force" in refused.err
    assert place.read_text() == "mine"
    assert headstart("teach", "--backbone", "demo-cnn", "-o", place, "--force").code == 0
    assert place.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--backbone", "smal"), "smal"),
        (("-o", "file/teach.html", "--backbone", "demo-cnn"), "file"),
        (("--bakcbone", "small"), "--backbone"),
    ],
)
def test_a_mistake_is_one_line(headstart, tmp_path, monkeypatch, flags, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("no folder")
    answer = headstart("teach", *flags)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert said in answer.err


def test_an_operation_that_the_page_does_not_know_is_named(tmp_path):
    torch = pytest.importorskip("torch")
    made = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, 4),
        torch.nn.GELU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 4),
    )
    network = library.backbone_of(made, name="mine")
    with pytest.raises(
        BackboneError, match="mine: Gelu is an operation that the page does not know"
    ) as error:
        library.teach(network, tmp_path / "teach.html")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "teach.html").exists()
