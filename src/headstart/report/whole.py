"""The network drawn whole, from the input picture to the output: an SVG file that needs nothing beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headstart.planning import four
from headstart.report import svg
from headstart.report.parts import SLICE, WORDS, Part, parts, reach
from headstart.report.svg import Svg
from headstart.report.words import short

if TYPE_CHECKING:
    from headstart.backbone.backbone import Backbone, Stage
    from headstart.planning.plan import Plan

_PITCH, _MIDDLE, _TALL, _SLANT = 102.0, 150.0, 50, 0.3
_BAR, _THIN = 42, 13.0  # half the height of a vector, and its width
_HEIGHT, _EDGE = 308, 24.0
# Status → the words under a block; no colour stands alone.
_WORDS = WORDS | {"scratch": "random", "new": "new, trained"}
_STYLE = """
svg { --page: #fcfcfa; --ink: #1b2127; --soft: #59626c; --rule: #c9ccc6;
  --frozen: #2f7fc1; --trained: #d9620f; --new: #00806a; --dropped: #868e96; }
@media (prefers-color-scheme: dark) {
  svg { --page: #14181c; --ink: #e8ebee; --soft: #a0a9b2; --rule: #4a525a;
    --frozen: #559fdc; --trained: #f0843a; --new: #2bb696; --dropped: #78828b; }
}
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }
.heading { font-size: 19px; font-weight: 650; } .soft { fill: var(--soft); font-size: 12px; }
.name { font-weight: 600; } .state { font-size: 12px; }
.page { fill: var(--page); }
.block { stroke: var(--page); stroke-width: 1; }
.side { fill-opacity: .62; } .top { fill-opacity: .8; }
.frozen, .pretrained { fill: var(--frozen); } .trained { fill: var(--trained); } .new { fill: var(--new); }
.scratch { fill: var(--page); stroke: var(--trained); stroke-width: 2; stroke-dasharray: 2 3; }
.dropped { fill: none; stroke: var(--dropped); stroke-width: 1.5; stroke-dasharray: 5 4; }
.flow, .slice { fill: none; stroke: var(--soft); stroke-width: 1.5; } .slice { stroke-dasharray: 2 4; }
.frame { fill: none; stroke: var(--soft); stroke-width: 1.5; }
.ground { fill: var(--rule); } .sun { fill: var(--soft); }
text.is-frozen, text.is-pretrained { fill: var(--frozen); } text.is-trained, text.is-scratch { fill: var(--trained); }
text.is-new { fill: var(--new); } text.is-dropped { fill: var(--dropped); }
"""


def drawn(plan: Plan | None, backbone: Backbone, classes: int | None = None) -> str:
    """The drawing as the text of an SVG file; without a plan, of the network as it comes."""
    side = backbone.preprocess.size if plan is None else plan.image_size
    every = parts(plan, backbone, classes)
    heading, below = _heading(plan, backbone)
    marks: list[Svg] = [
        svg.text(_EDGE, 36, heading, "heading"),
        svg.text(_EDGE, 58, below, "soft"),
        *_input(side),
    ]
    x, sliced = _EDGE + 96, False
    for part in every:
        if part.status == "dropped" and not sliced:
            marks += [*_output(x, classes), *_slice(x + _PITCH - 14)]
            x, sliced = x + _PITCH, True
        marks += [*_arrow(x - 12, part.status), *_block(part, x + 8, side)]
        x += _PITCH
    if plan is None:
        marks += _output(x, backbone.source.num_classes or None)
        x += _PITCH
    return _file(x + 8, f"{heading}. {below}", _told(every, side), marks)


def _heading(plan: Plan | None, backbone: Backbone) -> tuple[str, str]:
    if plan is None:
        return backbone.name, f"as it was learnt on {backbone.source.dataset}"
    if plan.case not in four.NUMBERS:
        return backbone.name, "what the plan makes of it"
    case = four.numbered(plan.case)
    return f"Case {case.number}: {backbone.name}", f"{case.size} set, {case.similarity} pictures: {case.way}"


def _file(width: float, title: str, told: str, marks: list[Svg]) -> str:
    found = svg.element(
        "svg",
        svg.element("title", title, id="title"),
        svg.element("desc", told, id="told"),
        svg.element("style", Svg(_STYLE)),
        svg.rect(0, 0, width, _HEIGHT, "page", rx=10),
        *marks,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {_HEIGHT}",
        width=f"{width:.0f}",
        height=_HEIGHT,
        role="img",
        aria_labelledby="title told",
    )
    return f"{found}\n"


def _told(every: tuple[Part, ...], side: int) -> str:
    """The drawing in words, for those who do not see it."""
    said = "; ".join(f"{part.name}: {_WORDS[part.status]}" for part in every)
    return f"From left to right: a picture of {side} × {side} pixels; {said}; the output, one score a class."


def _input(side: int) -> list[Svg]:
    """The input: a picture of hills and a sun."""
    left, top = _EDGE, _MIDDLE - 32
    ridge = ((0, 64), (0, 46), (18, 26), (34, 44), (44, 34), (64, 54), (64, 64))
    hills = "M" + "L".join(f"{left + x:.0f} {top + y:.0f}" for x, y in ridge) + "Z"
    return [
        svg.element("path", d=hills, class_="ground"),
        svg.circle(left + 48, top + 16, 6, "sun"),
        svg.rect(left, top, 64, 64, "frame", rx=3),
        *_under(left + 32, "picture", f"3 × {side} × {side}", "", ""),
    ]


def _output(x: float, classes: int | None) -> list[Svg]:
    """A short bar for each of three scores."""
    centre = x + 44
    bars = [
        svg.rect(centre - 14, _MIDDLE - 24 + 18 * row, width, 11, "ground", rx=2)
        for row, width in enumerate((16.0, 40.0, 9.0))
    ]
    number = "a score a class" if classes is None else f"{classes:,} classes"
    return [*_arrow(x - 12, "new"), *bars, *_under(centre, "output", number, "", "")]


def _slice(x: float) -> list[Svg]:
    return [
        svg.path([(x, _MIDDLE - 62), (x, _MIDDLE + 82)], "slice"),
        svg.text(x, _MIDDLE - 67, SLICE + "\ufe0e", "soft", "middle"),
    ]


def _arrow(x: float, status: str) -> list[Svg]:
    """To the block that begins behind x; none to what is sliced off, which nothing reaches."""
    if status == "dropped":
        return []
    return [
        svg.path([(x - 4, _MIDDLE), (x + 10, _MIDDLE)], "flow"),
        svg.path([(x + 6, _MIDDLE - 4), (x + 10, _MIDDLE), (x + 6, _MIDDLE + 4)], "flow"),
    ]


def _block(part: Part, x: float, side: int) -> list[Svg]:
    """A map as a slab, as high as its side and as thick as its channels; vectors and heads as a bar."""
    stage = part.stage
    flat = stage is None or not stage.spatial
    height = 2.0 * (_BAR if flat else reach(stage, side, _TALL))
    width = _THIN if stage is None or flat else min(6 + 3.4 * math.log2(stage.channels), 44)
    slant = 0.0 if flat else height * _SLANT
    left, top = x + 36 - (width + slant) / 2, _MIDDLE - height / 2 + slant / 4
    right, bottom, up = left + width, top + height, slant / 2
    faces = [svg.rect(left, top, width, height, f"block {part.status}", rx=2 if flat else None)]
    if not flat:
        upper = [(left, top), (left + slant, top - up), (right + slant, top - up), (right, top)]
        beside = [(right, top), (right + slant, top - up), (right + slant, bottom - up), (right, bottom)]
        faces += [_face(upper, "top", part), _face(beside, "side", part)]
    state = _WORDS[part.status]
    return [
        svg.group(*faces, svg.title(f"{part.name}: {state}, {short(part.parameters)} parameters")),
        *_under(x + 36, svg.shortened(part.name, 13), _shape(stage, side), state, part.status),
    ]


def _face(points: list[tuple[float, float]], kind: str, part: Part) -> Svg:
    return svg.element(
        "polygon",
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        class_=f"block {kind} {part.status}",
    )


def _shape(stage: Stage | None, side: int) -> str:
    if stage is None:
        return ""
    if not stage.spatial or not stage.reduction:
        return f"{stage.channels:,}"
    return f"{stage.channels:,} × {side // stage.reduction} × {side // stage.reduction}"


def _under(x: float, name: str, shape: str, state: str, status: str) -> list[Svg]:
    rows = ((name, "name"), (shape, "soft"), (state, f"state is-{status}"))
    return [
        svg.text(x, _MIDDLE + 88 + 18 * row + 10, words, kind, "middle")
        for row, (words, kind) in enumerate(rows)
        if words
    ]
