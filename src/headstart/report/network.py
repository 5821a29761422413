"""The network as a drawing, from input to output."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headstart.report import svg
from headstart.report.parts import SLICE, Part, parts, rate, reach, shape
from headstart.report.svg import Svg
from headstart.report.words import short

if TYPE_CHECKING:
    from headstart.backbone.backbone import Backbone
    from headstart.planning.plan import Plan

_PITCH, _MIDDLE, _TALL = 76, 58, 60


def picture(plan: Plan | None, backbone: Backbone, classes: int | None = None) -> Svg:
    """The same drawing as SVG, left to right; a block's height is its map's side, its width the channels."""
    side = backbone.preprocess.size if plan is None else plan.image_size
    every = parts(plan, backbone, classes)
    marks: list[Svg] = []
    x = 4.0
    for part in every:
        marks.append(_block(part, x, side))
        x += _PITCH
        if part.status == "new":
            marks.append(svg.path([(x + 4, 2), (x + 4, 148)], "slice"))
            marks.append(svg.text(x + 4, 166, SLICE, "sign", "middle"))
            x += 10
    said = "; ".join(f"{part.name}: {part.words}" for part in every)
    return svg.drawing(x + 4, 172, f"The network, stage by stage. {said}", *marks, class_="network")


def blocks(plan: Plan | None, backbone: Backbone, classes: int | None = None) -> tuple[Svg, ...]:
    """The same, a drawing for each part, from input to output, so that they wrap where a page is narrow."""
    side = backbone.preprocess.size if plan is None else plan.image_size
    return tuple(_alone(part, side) for part in parts(plan, backbone, classes))


def _alone(part: Part, side: int) -> Svg:
    marks, width = [_block(part, 0, side)], _PITCH
    if part.status == "new":
        marks.append(svg.path([(_PITCH + 4, 2), (_PITCH + 4, 148)], "slice"))
        marks.append(svg.text(_PITCH + 4, 166, SLICE, "sign", "middle"))
        width += 12
    return svg.drawing(width, 172, f"{part.name}: {part.words}", *marks, class_="network")


def _block(part: Part, x: float, side: int) -> Svg:
    height = 2.0 * reach(part.stage, side, _TALL) if part.stage is not None and part.stage.spatial else 96.0
    width = (
        min(8 + 4.5 * math.log2(part.stage.channels), 60)
        if part.stage is not None and part.stage.spatial
        else 18
    )
    centre = x + _PITCH / 2
    channels, reduction = shape(part)
    note = " · ".join(fact for fact in (channels, reduction) if fact) or part.words
    return svg.group(
        svg.rect(centre - width / 2, _MIDDLE - height / 2, width, height, part.status, rx=3),
        svg.text(centre, _MIDDLE + 5, part.sign + "\ufe0e", f"sign on-{part.status}", "middle"),
        svg.text(centre, 130, svg.shortened(part.name, 11), "stage-name", "middle"),
        svg.text(centre, 145, note, "tick", "middle"),
        svg.text(centre, 160, short(part.parameters) if part.parameters else "", "tick", "middle"),
        svg.title(f"{part.name}: {part.words}{rate(part)}, {short(part.parameters)} parameters"),
    )
