"""The network as an SVG file: every part with its words, readable without colours and without sight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from headstart import backbone as networks
from headstart.planning import cases
from headstart.report.whole import drawn

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
CUTS = {2: ("conv2",)}


def _texts(markup: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(markup).iter(f"{SVG}text")]


def _drawn(case: int | None) -> str:
    network = networks.load("demo-cnn")
    return drawn(None if case is None else cases.make(case, network, cut=CUTS.get(case)), network)


@pytest.mark.parametrize(
    ("case", "states"),
    [
        (1, {"frozen": 5, "new, trained": 1, "sliced off": 1}),
        (2, {"frozen": 2, "new, trained": 1, "sliced off": 4}),
        (3, {"trained": 5, "new, trained": 1, "sliced off": 1}),
        (4, {"random": 5, "new, trained": 1, "sliced off": 1}),
        (None, {"pre-trained": 6}),
    ],
)
def test_the_demonstration_network_under_each_case(case: int | None, states: dict[str, int]) -> None:
    texts = _texts(_drawn(case))
    known = {"frozen", "trained", "random", "new, trained", "sliced off", "pre-trained"}
    assert {state: texts.count(state) for state in known if state in texts} == states
    assert {"picture", "output", "conv1", "conv2", "conv3"} <= set(texts)


def test_it_is_told_to_those_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(_drawn(2))
    assert root.get("role") == "img"
    ids = {found.get("id"): found.text for found in root if found.get("id")}
    assert root.get("aria-labelledby") == "title told"
    assert ids["title"].startswith("Case 2: demo-cnn. small set, different pictures")
    assert "conv2: frozen; new head: new, trained; conv3: sliced off" in ids["told"]


def test_names_of_strangers_are_escaped() -> None:
    network = networks.load("small")
    evil = replace(network, name='<script>"&', source=replace(network.source, dataset="<b>\u202e"))
    markup = drawn(None, evil)
    assert "<script" not in markup
    assert "<b>" not in markup
    assert "\u202e" not in markup
    ElementTree.fromstring(markup)


@pytest.mark.parametrize("case", [1, 2, 3, 4])
def test_the_documents_hold_what_the_command_draws(case: int) -> None:
    """headstart inspect demo-cnn --case N --svg docs/lesson/case-N.svg, case 2 with --cut conv2."""
    assert (ROOT / "docs" / "lesson" / f"case-{case}.svg").read_text(encoding="utf-8") == _drawn(case)
