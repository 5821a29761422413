"""The page of the layers: whole, inert for hostile names, and made of numbers that were measured."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from headstart import backbone as networks
from headstart.planning import cases
from headstart.report.layers import look_for, page, sees, shared
from headstart.seeing.layers import Layer, Layers, Patch, Unit
from headstart.seeing.look import Looked
from headstart.seeing.prints import Prints
from headstart.seeing.receptive import EVERYTHING, Field
from tests.report.test_page import _Page

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e'
FIELD = Field(2, -1, 3, False, -1, 3)


def _looked(*, name: str = "bee.jpg", label: str = "bees", data: bool = True) -> Looked:
    stages = networks.load("small").stages
    patches = tuple(Patch(f"set/{label}/{n}-{name}", label, 2.5, (0, n), (0, 0, 3, 3)) for n in range(3))
    picture = np.zeros((16, 16, 3), np.uint8)
    layers = tuple(
        Layer(
            stage.name,
            stage.channels,
            (8, 8) if stage.spatial else (1, 1),
            FIELD if stage.spatial else EVERYTHING,
            (Unit(4, patches),) if data else (),
            (1, 4) if stage.spatial else (),
            0.5 + 0.05 * place if data else None,
            0.02 if data else None,
        )
        for place, stage in enumerate(stages)
    )
    told = Layers("small", 64, f"set/{label}/{name}", layers, 3 * data, (label, "ants") if data else ())
    maps = {(layer.name, unit): picture for layer in layers if layer.spatial for unit in (1, 4)}
    return Looked(told, Prints(picture, picture, maps, {(layer.name, 4): [picture] * 3 for layer in layers}))


def test_the_page_walks_from_the_input_to_the_head() -> None:
    network = networks.load("small")
    html = page(_looked(), network, cases.make(2, network, cut=("stage2",)), 2).html
    found = _Page(html)
    assert found.ids == ["input", "filters", *(f"stage-{n}" for n in range(1, 7)), "head"]
    assert [v for t, n, v in found.attributes if (t, n) == ("a", "href")] == [
        "#input",
        *(f"#stage-{n}" for n in range(1, 7)),
        "#head",
    ]
    assert found.words.count("kept, and frozen") == 3
    assert found.words.count("sliced off") >= 3
    assert "3 of 3: bees" in found.words
    assert "Sliced off: stage3, stage4, pre_logits, and the old classifier." in found.words


def test_every_picture_has_words_and_nothing_is_loaded() -> None:
    found = _Page(page(_looked(), networks.load("small")).html)
    sources = [v for t, n, v in found.attributes if t == "img" and n == "src"]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert len([v for t, n, v in found.attributes if t == "img" and n == "alt" and v]) == len(sources)
    assert "script" not in found.tags


@pytest.mark.parametrize("where", ["name", "label"])
def test_hostile_names_stay_inert(where: str) -> None:
    html = page(_looked(**{where: EVIL}), networks.load("small"), command=EVIL).html
    found = _Page(html)
    assert "script" not in found.tags
    assert not [n for _, n, _ in found.attributes if n.startswith("on")]
    assert "x" not in [v for t, n, v in found.attributes if (t, n) == ("img", "src")]
    assert "\u202e" not in html


def test_without_data_there_are_maps_and_no_patches_or_accuracies() -> None:
    found = _Page(page(_looked(data=False), networks.load("small")).html)
    assert "probe" not in found.words
    assert "With --data" in found.words.replace("  ", " ")
    assert "Units that vary most" in found.words


def test_accuracies_are_those_that_were_measured() -> None:
    words = _Page(page(_looked(), networks.load("small")).html).words
    assert re.findall(r"a probe here names ([\d.]+)", words) == [f"{50 + 5 * n}.0" for n in range(6)]


def test_what_a_place_sees_is_said() -> None:
    layer = _looked().layers.layers[0]
    assert sees(layer, 64) == (
        "One place sees 3 × 3 of 64 × 64 pixels; the patches show these, within a line, and what lies around them."
    )
    assert sees(layer, 20) == "One place sees 3 × 3 of 20 × 20 pixels; the patches show these."
    wide = replace(layer, field=Field(16, 0, 0, True, -10, 54))
    assert sees(wide, 224).startswith("One place depends on the whole picture; what weighs most are 54 × 54")
    assert "answers once" in sees(replace(layer, places=(1, 1), field=EVERYTHING), 64)


def test_what_to_look_for_grows_with_depth() -> None:
    told = _looked().layers
    said = [look_for(told, layer) for layer in told.layers]
    assert "colour" in said[0]
    assert "stands on them" in said[-1]


def test_of_which_class_most_patches_are() -> None:
    patches = [Patch("p", label, 1.0, (0, 0), (0, 0, 1, 1)) for label in ("a", "b", "b")]
    assert shared(Unit(0, tuple(patches))) == "2 of 3: b"
    assert shared(Unit(0)) == ""
