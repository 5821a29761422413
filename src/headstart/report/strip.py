"""The demonstration network under each case: what becomes of its six layers."""

from __future__ import annotations

from headstart.planning.four import Case
from headstart.report import svg
from headstart.report.svg import Svg

_CONVOLUTIONS = 3  # of the demonstration network's six layers; the others are fully connected


def strip(case: Case) -> Svg:
    """The demonstration network under one case: layers that stay, the new head, and what is sliced off."""
    marks: list[Svg] = []
    x = 1.0
    for index, status in enumerate(case.layers):
        x = _layer(marks, x, index, status)
    marks.append(svg.rect(x, 3, 9, 30, "new", svg.title("new head"), rx=2))
    x += 9 + 12
    marks.append(svg.path([(x - 6, 1), (x - 6, 35)], "slice"))
    for index in range(len(case.layers), len(case.layers) + case.dropped):
        x = _layer(marks, x, index, "dropped")
    kept = f"{len(case.layers)} layers {case.layers[0]}, a new head, {case.dropped} sliced off"
    return svg.drawing(176, 36, f"Case {case.number}: {kept}", *marks, class_="strip")


def _layer(marks: list[Svg], x: float, index: int, status: str) -> float:
    """Adds one layer (a block for a convolution, else a bar); returns where the next begins."""
    width, height = (26, 34 - 6 * index) if index < _CONVOLUTIONS else (9, 30)
    kind = (
        f"convolution {index + 1}"
        if index < _CONVOLUTIONS
        else f"fully connected {index + 1 - _CONVOLUTIONS}"
    )
    marks.append(svg.rect(x, 18 - height / 2, width, height, status, svg.title(f"{kind}: {status}"), rx=2))
    return x + width + 4
