"""The drawing of a comparison: whole names, and what time was too short for."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from headstart.report import comparison
from headstart.study.outcome import Standing

SVG = "{http://www.w3.org/2000/svg}"
LONG = "probe at features.denseblock3.denselayer24.conv2"


def _standing(name: str, *, chosen: bool = False, share: float = 1.0) -> Standing:
    return Standing(
        name=name,
        cut="pre_logits",
        accuracy=0.95,
        n=153,
        groups=153,
        interval=(0.9, 0.98),
        behind=0.0,
        behind_error=0.0,
        selection_accuracy=0.9,
        seconds=1.0,
        lr=None,
        share=share,
        chosen=chosen,
    )


def _drawn(*standings: Standing) -> ElementTree.Element:
    return ElementTree.fromstring(comparison.figure(standings))


def test_names_are_whole_and_have_room_beside_their_values() -> None:
    drawn = _drawn(_standing(LONG, chosen=True), _standing("fine-tune"))
    labels = [mark.text for mark in drawn.iter(f"{SVG}text") if "dot-label" in str(mark.get("class"))]
    assert labels == [f"{LONG} (the plan's choice)", "fine-tune"]
    width = float((drawn.get("viewBox") or "").split()[2])
    letters = len(f"{LONG} (the plan's choice)") + len("95.0 % (90.0–98.0 %)")
    assert width / letters > 7  # pixels for a letter of a 12-pixel font


def test_short_names_leave_the_drawing_as_wide_as_any() -> None:
    widths = [_drawn(_standing(name)).get("width") for name in ("a", "fine-tune")]
    assert widths == ["480", "480"]


def test_a_reduced_budget_is_said_and_marked() -> None:
    full, short = _drawn(_standing("fine-tune"), _standing("from scratch", share=0.25)).iter(f"{SVG}g")
    assert "provisional" in str(short.get("class"))
    assert "provisional" not in str(full.get("class"))
    said = re.sub(r"\s", " ", str(short[1].text))
    assert said == "from scratch (provisional: 25 % of its epochs)"


def test_of_a_provisional_choice_both_are_said() -> None:
    (only,) = _drawn(_standing("fine-tune", chosen=True, share=0.5)).iter(f"{SVG}g")
    assert str(only[1].text).startswith("fine-tune (the plan's choice; provisional")
    assert str(only.get("class")) == "dot model provisional"
