"""The drawing of the network, for the terminal and for the report."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from headstart.report import draw
from headstart.report.network import picture
from headstart.report.parts import parts
from tests.report import sample


def test_without_a_plan_everything_is_as_it_comes() -> None:
    text = draw(None, sample.backbone())
    assert "demo-cnn, learnt on tiny-imagenet (200 classes), 2.3\u202fM parameters" in text
    assert [
        line.split()[2] for line in text.splitlines() if line.startswith("■ ") and "■ pre" not in line
    ] == [
        "conv1",
        "conv2",
        "conv3",
        "fc1",
        "pre_logits",
        "classifier",
    ]
    assert "✂" not in text


def test_case_two_keeps_cuts_and_drops_in_the_order_of_the_drawing() -> None:
    network = sample.backbone()
    lines = draw(sample.plan(2, network), network, 10).splitlines()
    signs = [line[0] for line in lines[2:-2]]
    assert signs == ["❄", "❄", "❄", "◆", "✂", "✕", "✕", "✕"]
    assert "cut at conv3: 512 values (means and spreads) enter the head" in lines[6]
    assert lines[4].endswith("frozen  → head")
    assert "5.1\u202fk" in lines[5]  # (512 + 1) × 10
    assert max(len(line) for line in lines) <= 100


@pytest.mark.parametrize(
    ("case", "more", "status"),
    [(1, {}, "frozen"), (3, {}, "trained"), (4, {"init": "pretrained"}, "trained"), (4, {}, "scratch")],
)
def test_what_stays_reads_as_the_plan_says(case: int, more: dict[str, str], status: str) -> None:
    network = sample.backbone()
    drawn = parts(sample.plan(case, network, **more), network)
    assert {part.status for part in drawn[:-2]} == {status}
    assert [part.status for part in drawn[-2:]] == ["new", "dropped"]


def test_several_cuts_are_all_marked() -> None:
    network = sample.backbone()
    plan = replace(sample.plan(2, network), cut=("conv1", "conv3"))
    assert [part.name for part in parts(plan, network) if part.cut] == ["conv1", "conv3"]
    assert "cut at conv1 + conv3: 608 values" in draw(plan, network)


def test_a_head_for_an_unknown_number_of_classes_has_the_weights_of_each() -> None:
    network = sample.backbone()
    (line,) = [line for line in draw(sample.plan(2, network), network).splitlines() if "new head" in line]
    assert line.split()[-5:] == ["513", "new,", "for", "each", "class"]
    two = replace(sample.plan(2, network), head_layers=2)
    (line,) = [line for line in draw(two, network).splitlines() if "new head" in line]
    assert line.split()[-2:] == ["–", "new"]


def test_a_solved_head_has_no_rate() -> None:
    network = sample.backbone()
    solved, trained = (parts(sample.plan(case, network), network) for case in (1, 3))
    assert [part.lr_scale for part in solved if part.status == "new"] == [None]
    assert [part.lr_scale for part in trained if part.status == "new"] == [1.0]


@pytest.mark.parametrize("case", [None, 1, 2, 3, 4])
def test_the_picture_shows_every_part(case: int | None) -> None:
    network = sample.backbone()
    plan = None if case is None else sample.plan(case, network)
    drawn = ElementTree.fromstring(picture(plan, network))
    assert len(drawn.findall(".//rect")) == len(parts(plan, network))
    assert "conv1" in (drawn.get("aria-label") or "")


def test_tokens_without_a_reduction_can_be_drawn() -> None:
    network = sample.backbone()
    stages = tuple(replace(stage, layout="NLC", reduction=0) for stage in network.stages)
    assert "conv1" in draw(None, replace(network, stages=stages))
    assert ElementTree.fromstring(picture(None, replace(network, stages=stages))) is not None
