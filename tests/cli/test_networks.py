"""The verbs that show networks: what can be used, and what a case does with one, without weights."""

from __future__ import annotations

import json

import pytest
from huggingface_hub import constants

from headstart.cli import backbones


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def test_a_network_is_drawn_without_its_weights_and_says_so(headstart) -> None:
    answer = headstart("inspect", "timm:resnet10t")
    assert answer.code == 0
    assert "timm:resnet10t: drawn without its weights, which are not on this machine" in answer.err
    assert "pre_logits" in answer.out
    found = json.loads(headstart("inspect", "timm:resnet10t", "--json").out)
    assert found["weights_sha256"] is None
    assert found["stages"][-1]["name"] == "pre_logits"


def test_case_two_is_drawn_with_a_lower_cut_and_says_who_measures_it(headstart) -> None:
    answer = headstart("inspect", "small", "--case", "2")
    assert answer.code == 0
    assert "case 2: drawn with a cut at stage2; where it cuts is measured by `headstart plan`" in answer.err
    assert "cut at stage2" in answer.out
    assert "drawn with a cut" not in headstart("inspect", "small", "--case", "2", "--cut", "stage3").err


def test_case_four_is_drawn_from_random_weights(headstart) -> None:
    answer = headstart("inspect", "small", "--case", "4")
    assert "trained from random" in answer.out
    plan = json.loads(headstart("inspect", "small", "--case", "4", "--json").out)["plan"]
    assert {row["init"] for row in plan["rows"]} == {"random"}


def test_networks_are_listed_with_size_place_and_parameters(headstart) -> None:
    head, *lines = headstart("backbones", "demo").out.splitlines()
    assert head.split() == ["network", "pixels", "parameters", "weights"]
    assert lines[0].split() == ["demo-cnn", "64", "2.0", "M", "pre-trained", "on", "tiny-imagenet"]
    (found,) = json.loads(headstart("backbones", "torchvision:squeezenet1_0", "--json").out)["backbones"]
    assert found == {
        "name": "torchvision:squeezenet1_0",
        "origin": "torchvision",
        "image_size": 224,
        "here": False,
        "note": "downloaded on first use",
        "parameters": 1_248_424,
    }


def test_of_many_networks_no_parameters_are_counted(headstart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "COUNTED", 1)
    answer = headstart("backbones", "torchvision:squeezenet")
    assert answer.out.splitlines()[0].split() == ["network", "pixels", "weights"]
    assert "parameters are counted where a FILTER leaves 1 networks or fewer" in answer.err
