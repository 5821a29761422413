"""The four cases as a chart, with this data set placed on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headstart.counts import plural
from headstart.evidence import size
from headstart.planning.four import CASES, Case
from headstart.report import svg
from headstart.report.svg import Svg
from headstart.report.words import count

if TYPE_CHECKING:
    from headstart.evidence.evidence import Evidence

_DECADES = 3.0  # of pictures, shown on each side of the dividing line
_LEFT, _TOP, _SIDE = 94, 10, 380  # the square of the chart
_EDGE = 0.04  # of a side: the dot stays within the square


def chart(evidence: Evidence | None, lesson: int) -> Svg:
    """Similarity across, pictures downwards; the lesson's case (0 for none) is highlighted, the set is the dot."""
    marks = [_quadrant(case, case.number == lesson) for case in CASES]
    marks += _axes(size.LINE if evidence is None else evidence.verdict.line)
    label = "Four cases of transfer learning."
    if evidence is not None:
        marks += _data_set(evidence)
        label += (
            f" The data set: {count(evidence.n)} training pictures, {evidence.size}, {evidence.similarity}:"
            f" the lesson's case {lesson}."
        )
    return svg.drawing(_LEFT + _SIDE + 10, _TOP + _SIDE + 34, label, *marks)


def depth(pictures: float, line: float) -> float:
    """Where so many pictures stand from top (0) to bottom (1) on a logarithmic axis, `line` at one half."""
    return 0.5 + math.log10(max(pictures, 1) / line) / (2 * _DECADES)


def place(evidence: Evidence) -> tuple[float, float]:
    """(across, down) of the data set, 0 to 1: on the side of its size and similarity, whoever said which these are."""
    across, down = 1 - evidence.verdict.index[0], depth(evidence.effective, evidence.verdict.line)
    across = min(across, 0.5 - _EDGE) if evidence.similarity == "similar" else max(across, 0.5 + _EDGE)
    down = min(down, 0.5 - _EDGE) if evidence.size == "small" else max(down, 0.5 + _EDGE)
    return min(max(across, _EDGE), 1 - _EDGE), min(max(down, _EDGE), 1 - _EDGE)


def _quadrant(case: Case, chosen: bool) -> Svg:
    half, right, low = _SIDE / 2, case.number % 2 == 0, case.number > 2
    left, top = _LEFT + (half if right else 0), _TOP + (half if low else 0)
    x, anchor = (left + half - 12, "end") if right else (left + 12, "start")
    first = top + half - 32 if low else top + 26
    return svg.group(
        svg.rect(left + 2, top + 2, half - 4, half - 4, "tile", rx=10),
        svg.text(x, first, f"Case {case.number}", "tile-name", anchor),
        svg.text(x, first + 17, f"{case.size}, {case.similarity}", "tile-note", anchor),
        class_="quadrant chosen" if chosen else "quadrant",
    )


def _axes(line: float) -> list[Svg]:
    bottom, marks = _TOP + _SIDE, []
    for mark, name in ((size.SMALL, "small"), (size.LARGE, "large")):
        y = _TOP + _SIDE * depth(mark, line)
        marks.append(svg.line(_LEFT - 5, y, _LEFT, y, "axis-line"))
        marks.append(svg.text(_LEFT - 9, y, count(mark), "tick", "end"))
        marks.append(svg.text(_LEFT - 9, y + 14, name, "tick", "end"))
    middle = _TOP + _SIDE / 2
    if min(line / size.SMALL, size.LARGE / line) > 2:  # where it does not stand on a mark
        marks.append(svg.text(_LEFT - 9, middle + 4, count(round(line)), "tick", "end"))
    marks.append(svg.line(_LEFT, _TOP + 4, _LEFT, bottom - 4, "axis-line"))
    middle = (_LEFT - 82, _TOP + _SIDE / 2)
    turned = f"rotate(-90 {middle[0]} {middle[1]:.0f})"
    marks.append(svg.text(*middle, "← more  ·  pictures  ·  fewer →", "axis", "middle", transform=turned))
    marks.append(svg.text(_LEFT + 4, bottom + 22, "← similar", "axis"))
    marks.append(svg.text(_LEFT + _SIDE / 2, bottom + 22, "to the source data", "axis", "middle"))
    marks.append(svg.text(_LEFT + _SIDE - 4, bottom + 22, "different →", "axis", "end"))
    return marks


def _data_set(evidence: Evidence) -> list[Svg]:
    """The dot with its interval, kept off the names in the corners, and its name where its quadrant has room."""
    across, down = place(evidence)
    x, half = _LEFT + _SIDE * across, _SIDE / 2
    left = _LEFT + (half if evidence.similarity == "different" else 0)
    middle = _TOP + half + (half if evidence.size == "large" else 0) - half / 2
    dot = min(max(_TOP + _SIDE * down, _TOP + 64), _TOP + _SIDE - 64)
    name, words = min(max(x, left + 54), left + half - 54), dot + 30 if dot < middle else dot - 36
    _, low, high = evidence.verdict.index
    return [
        svg.line(_LEFT + _SIDE * (1 - high), dot, _LEFT + _SIDE * (1 - low), dot, "here-span"),
        svg.circle(x, dot, 15, "here-ring"),
        svg.circle(x, dot, 7, "here", svg.title("this data set")),
        svg.text(name, words, "this data set", "here-name", "middle"),
        svg.text(name, words + 15, plural(evidence.n, "picture"), "tile-note", "middle"),
    ]
