"""What the layers learnt: the page that walks from the input to the head."""

from __future__ import annotations

import io
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from headstart.backbone.filters import png
from headstart.report import network, svg
from headstart.report.figures import Figure
from headstart.report.page import Page, environment
from headstart.report.parts import Part, parts
from headstart.report.svg import Scale, Svg
from headstart.report.thumbnails import uri
from headstart.report.words import percent
from headstart.seeing.prints import outlined, shown_side

if TYPE_CHECKING:
    from headstart.backbone.backbone import Backbone
    from headstart.planning.plan import Plan
    from headstart.seeing.layers import Layer, Layers, Patch, Unit
    from headstart.seeing.look import Looked
    from headstart.seeing.prints import Prints

# What to look for, by the part of the picture's side that a unit's patches show.
_LOOK = (
    (1 / 6, "Do the patches of a row share one colour, or one direction of an edge?"),
    (0.4, "Do the patches of a row share a texture or a simple shape: stripes, a corner, a curve?"),
    (0.75, "Do the patches of a row share a part of a thing: a leg, a wing, a wheel?"),
    (9.0, "Do the pictures of a row share what stands on them, or the place where it stands?"),
)
# What a plan does with a stage.
_DONE = {
    "pretrained": "as it was learnt",
    "frozen": "kept, and frozen",
    "trained": "kept, and trained on",
    "scratch": "kept in shape, trained from random weights",
    "dropped": "sliced off",
}


@dataclass(frozen=True)
class Shown:
    """A picture with what is said of it."""

    source: str
    alt: str
    title: str = ""


@dataclass(frozen=True)
class Row:
    """A unit: its map of the one picture (None without places), its patches, the classes of these in words."""

    unit: int
    map: Shown | None
    patches: list[Shown]
    said: str


@dataclass(frozen=True)
class Section:
    """A stage on the page. number: from 1 on; status: what the plan does with it, and that in words."""

    layer: Layer
    number: int
    status: str
    done: str
    sees: str
    look: str
    rows: list[Row]
    strongest: list[Shown]
    chart: Svg | None


def page(
    looked: Looked,
    backbone: Backbone,
    plan: Plan | None = None,
    classes: int | None = None,
    command: str = "",
) -> Page:
    """One offline file. plan: what becomes of the stages; classes: of the new head, where their number is known."""
    from importlib.metadata import version

    told, prints = looked.layers, looked.prints
    drawn = parts(plan, backbone, classes)
    status = {part.name: part for part in drawn}
    name = os.path.basename(told.picture.rpartition("!")[2]) or told.picture
    context = {
        "told": told,
        "backbone": backbone,
        "plan": plan,
        "version": version("headstart"),
        "command": command,
        "picture": Shown(_jpeg(prints.frame, 88), f"the picture {name}, as the network sees it"),
        "name": name,
        "filters": None
        if prints.filters is None
        else Shown(uri(png(prints.filters), "png"), "the filters of the first layer, side by side"),
        "network": network.blocks(plan, backbone, classes),
        "depth": depth(told),
        "sections": [
            _section(told, layer, number, status[layer.name], prints)
            for number, layer in enumerate(told.layers, 1)
        ],
        "head": [part for part in drawn if part.status == "new"],
        "dropped": [part.name for part in drawn if part.status == "dropped" and part.stage is not None],
    }
    return Page(environment().get_template("layers.html").render(context))


def _section(told: Layers, layer: Layer, number: int, part: Part, prints: Prints) -> Section:
    return Section(
        layer,
        number,
        part.status,
        _DONE[part.status],
        sees(layer, told.size),
        look_for(told, layer),
        [_row(layer, unit, prints, told.classes) for unit in layer.units],
        [
            Shown(_jpeg(prints.maps[layer.name, unit]), f"map of unit {unit}", f"unit {unit}")
            for unit in layer.strongest
            if (layer.name, unit) in prints.maps
        ],
        None if layer.accuracy is None else depth_mark(told, layer),
    )


def sees(layer: Layer, size: int) -> str:
    """What one place of the stage's map depends on, and what the patches show of it."""
    field, shown = layer.field, shown_side(layer.field, size)
    if not layer.spatial:
        return "Places are gone: each unit answers once, to all of the picture."
    if not field.whole and field.size <= size / 2:
        return (
            f"One place sees {field.size} × {field.size} of {size} × {size} pixels; the patches show these"
            f"{', within a line, and what lies around them' if outlined(shown, size) else ''}."
        )
    core = min(field.core_size, size)
    most = f"what weighs most are {core} × {core} of them" if core < size else "no part of it stands out"
    what = "the whole picture" if field.whole else f"{field.size} × {field.size} of {size} × {size} pixels"
    cut = f"The patches show {shown} × {shown}, around where the unit is strongest"
    return f"One place depends on {what}; {most}. {cut}."


def look_for(told: Layers, layer: Layer) -> str:
    """A question to look at the patches with, by how much of the picture they show, here or in a stage before."""
    before = told.layers[: told.layers.index(layer) + 1]
    shown = max(shown_side(one.field, told.size) for one in before) / told.size
    return next(said for most, said in _LOOK if shown <= most)


def _row(layer: Layer, unit: Unit, prints: Prints, classes: tuple[str, ...]) -> Row:
    key = layer.name, unit.number
    drawn = prints.maps.get(key)
    return Row(
        unit.number,
        None if drawn is None else Shown(_jpeg(drawn), f"where unit {unit.number} answers on the picture"),
        [
            _patch(one, image, rank)
            for rank, (one, image) in enumerate(zip(unit.patches, prints.patches[key], strict=True), 1)
        ],
        shared(unit) if len(classes) > 1 else "",
    )


def _patch(one: Patch, image: np.ndarray, rank: int) -> Shown:
    name = os.path.basename(one.picture.rpartition("!")[2]) or one.picture
    return Shown(_jpeg(image), f"patch {rank}: {one.label}", f"{one.label}: {name}, answer {one.answer:.2f}")


def shared(unit: Unit) -> str:
    """Of which class most patches are: "7 of 8: ants"."""
    if not unit.patches:
        return ""
    (label, count), *_ = Counter(one.label for one in unit.patches).most_common(1)
    return f"{count} of {len(unit.patches)}: {label}"


_WIDE, _HIGH, _LEFT, _BELOW = 640, 200, 44, 44


def depth(told: Layers) -> Figure | None:
    """The probe's accuracy by depth; None where fewer than two stages were measured."""
    measured = [
        (layer.name, layer.accuracy, layer.error) for layer in told.layers if layer.accuracy is not None
    ]
    if len(measured) < 2:
        return None
    y = Scale(min(score - 2 * (error or 0) for _, score, error in measured), 1.0, _HIGH - _BELOW, 12)
    pitch = (_WIDE - _LEFT - 12) / len(measured)
    marks: list[Svg] = []
    for level in svg.steps(y.low, 1.0, 4):
        marks.append(svg.line(_LEFT, y(level), _WIDE - 12, y(level), "grid"))
        marks.append(svg.text(_LEFT - 8, y(level) + 4, percent(level, 0), "tick", "end"))
    points = [(_LEFT + pitch * (place + 0.5), y(score)) for place, (_, score, _) in enumerate(measured)]
    marks.append(svg.path(points, "series"))
    for (x, at), (name, score, error) in zip(points, measured, strict=True):
        spread = 1.96 * (error or 0)
        marks.append(svg.line(x, y(score - spread), x, y(min(score + spread, 1.0)), "whisker"))
        marks.append(svg.circle(x, at, 5, "point", svg.title(f"{name}: {percent(score)}")))
        marks.append(svg.text(x, _HIGH - _BELOW + 24, svg.shortened(name, 12), "tick", "middle"))
    said = ", ".join(f"{name} {percent(score)}" for name, score, _ in measured)
    caption = (
        "A probe is a linear classifier that reads the answers of one stage; the network stays as it is. So many of "
        f"{told.pictures:,} training pictures it names rightly, cross-validated. Bars: 95\u202f%."
    )
    return Figure(svg.drawing(_WIDE, _HIGH, f"Accuracy by depth: {said}", *marks), (), caption)


def depth_mark(told: Layers, layer: Layer) -> Svg:
    """A small bar: how far up this stage's probe is, among those of all stages."""
    assert layer.accuracy is not None
    marks = [
        svg.line(0, 8, 160, 8, "track"),
        *(
            svg.circle(160 * other.accuracy, 8, 3, "earlier")
            for other in told.layers
            if other.accuracy is not None and other.name != layer.name
        ),
        svg.circle(160 * layer.accuracy, 8, 6, "point"),
    ]
    return svg.drawing(168, 16, f"{percent(layer.accuracy)} of 100 %", *marks)


def _jpeg(picture: np.ndarray, quality: int = 80) -> str:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality, optimize=True)
    return uri(out.getvalue(), "jpeg")
