"""The four cases of transfer learning as a chart, with this data set placed on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.counts import plural
from headstart.evidence.conclude import WORTH
from headstart.evidence.verdict import TUNED
from headstart.report import svg
from headstart.report.svg import Scale, Svg
from headstart.report.words import count

if TYPE_CHECKING:
    from headstart.evidence.evidence import Evidence
    from headstart.plan.plan import Plan

_POINTS = 0.10  # gain in accuracy, expected of training, shown on each side of the dividing line
_LEFT, _TOP, _SIDE = 94, 10, 380  # the square of the chart
_STANDARD_ERRORS = 6.0  # how far "different" is drawn at half of its half

_CONVOLUTIONS = 3  # of the demonstration network's six layers; the others are fully connected


@dataclass(frozen=True)
class Case:
    """One of the four. layers: what becomes of each layer that stays; dropped: how many are sliced off."""

    number: int
    size: str
    similarity: str
    what: str
    layers: tuple[str, ...]
    dropped: int


CASES = (
    Case(1, "small", "similar", "slice off the end, freeze the rest, train a new head", ("frozen",) * 5, 1),
    Case(2, "small", "different", "keep only the first stages, frozen, under a new head", ("frozen",) * 2, 4),
    Case(
        3, "large", "similar", "new head; all else starts pre-trained; train everything", ("trained",) * 5, 1
    ),
    Case(
        4,
        "large",
        "different",
        "as case 3; where that does not succeed, train from random weights",
        ("scratch",) * 5,
        1,
    ),
)
# Case 2 where no stage is dropped.
ALL_KEPT = Case(
    2,
    "small",
    "different",
    "keep every stage, frozen, under a new head on the outputs of several",
    ("frozen",) * 5,
    1,
)


def planned(plan: Plan, top: str) -> tuple[Case, ...]:
    """The four, case 2 as the plan does it; top: the network's top cut."""
    whole = plan.case == 2 and top in plan.cut
    return tuple(ALL_KEPT if whole and case.number == 2 else case for case in CASES)


def chart(evidence: Evidence | None, chosen: int) -> Svg:
    """Similarity across, size downwards; `chosen` (0 for none) is highlighted, the data set is the dot."""
    y = Scale(WORTH - _POINTS, WORTH + _POINTS, _TOP, _TOP + _SIDE)
    marks = [_quadrant(case, case.number == chosen) for case in CASES]
    marks += _axes(y)
    label = (
        f"Four cases of transfer learning; the plan does {f'case {chosen}' if chosen else 'none of them'}."
    )
    if evidence is not None:
        marks += _data_set(evidence, y)
        label += (
            f" The data set: {count(evidence.n)} training pictures, {evidence.size}, {evidence.similarity}."
        )
    return svg.drawing(_LEFT + _SIDE + 10, _TOP + _SIDE + 34, label, *marks)


def promise(evidence: Evidence) -> float:
    """The gain in accuracy that training is drawn at: what is expected of it, on the side of the verdict."""
    gain = evidence.gains.get(TUNED)
    expected = gain.expected if gain else WORTH
    return min(expected, WORTH - 0.01) if evidence.size == "small" else max(expected, WORTH + 0.01)


def strangeness(evidence: Evidence) -> float:
    """0 (plainly similar) to 1 (plainly different); the line between the two is at one half.

    Similar asks of the top cut to lie within one paired standard error of the best cut, and to beat the random control
    by two. The worse of both margins, in standard errors, is what is drawn; where all cuts together make the set
    different, it is drawn beyond the line.
    """
    behind = _ratio(evidence.top.behind, evidence.top.behind_error)
    above = _ratio(evidence.top.accuracy - evidence.control, evidence.control_error)
    margin = max(behind - 1, 2 - above)
    if margin <= 0:
        place = 0.5 + 0.32 * max(margin, -1.0)
    else:
        place = 0.5 + 0.45 / (1 + _STANDARD_ERRORS / margin)
    return min(place, 0.45) if evidence.similarity == "similar" else max(place, 0.55)


def _ratio(part: float, whole: float) -> float:
    if whole > 0:
        return part / whole
    return 0.0 if part == 0 else math.copysign(math.inf, part)


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


def _axes(y: Scale) -> list[Svg]:
    bottom, marks = _TOP + _SIDE, []
    for tick in (-0.05, 0.0, 0.05):
        marks.append(svg.line(_LEFT - 5, y(tick), _LEFT, y(tick), "axis-line"))
        marks.append(svg.text(_LEFT - 9, y(tick) + 4, f"{100 * tick:+.0f} points", "tick", "end"))
    marks.append(svg.line(_LEFT, _TOP + 4, _LEFT, bottom - 4, "axis-line"))
    middle = (_LEFT - 82, _TOP + _SIDE / 2)
    turned = f"rotate(-90 {middle[0]} {middle[1]:.0f})"
    marks.append(
        svg.text(*middle, "← large  ·  what training adds  ·  small →", "axis", "middle", transform=turned)
    )
    marks.append(svg.text(_LEFT + 4, bottom + 22, "← similar", "axis"))
    marks.append(svg.text(_LEFT + _SIDE / 2, bottom + 22, "to the source data", "axis", "middle"))
    marks.append(svg.text(_LEFT + _SIDE - 4, bottom + 22, "different →", "axis", "end"))
    return marks


def _data_set(evidence: Evidence, y: Scale) -> list[Svg]:
    """The dot, kept off the names in the corners, and its name on the side where its quadrant has room."""
    x, half = _LEFT + _SIDE * strangeness(evidence), _SIDE / 2
    left = _LEFT + (half if evidence.similarity == "different" else 0)
    middle = _TOP + half + (half if evidence.size == "large" else 0) - half / 2
    dot = min(max(y(promise(evidence)), _TOP + 64), _TOP + _SIDE - 64)
    name, words = min(max(x, left + 54), left + half - 54), dot + 30 if dot < middle else dot - 36
    return [
        svg.circle(x, dot, 15, "here-ring"),
        svg.circle(x, dot, 7, "here", svg.title("this data set")),
        svg.text(name, words, "this data set", "here-name", "middle"),
        svg.text(name, words + 15, plural(evidence.n, "picture"), "tile-note", "middle"),
    ]


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
