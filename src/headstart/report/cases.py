"""The four cases as a chart, with this data set placed on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headstart.counts import plural
from headstart.evidence import conclude
from headstart.evidence.verdict import TUNED
from headstart.planning.four import CASES, Case
from headstart.report import svg
from headstart.report.svg import Scale, Svg
from headstart.report.words import count

if TYPE_CHECKING:
    from headstart.evidence.evidence import Evidence

_POINTS = 0.10  # gain in accuracy, expected of training, shown on each side of the dividing line
_CLEAR = 0.01  # of the line at least: a dot stands on the side of its verdict
_LEFT, _TOP, _SIDE = 94, 10, 380  # the square of the chart
_HALFWAY = 6.0  # standard errors at which "different" is drawn at half of its half


def chart(evidence: Evidence | None, chosen: int) -> Svg:
    """Similarity across, size downwards; `chosen` (0 for none) is highlighted, the data set is the dot."""
    line = conclude.WORTH
    y = Scale(line - _POINTS, line + _POINTS, _TOP, _TOP + _SIDE)
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
    gain, line = evidence.gains.get(TUNED), conclude.WORTH
    expected = gain.expected if gain else line
    return min(expected, line - _CLEAR) if evidence.size == "small" else max(expected, line + _CLEAR)


def strangeness(evidence: Evidence) -> float:
    """0 (plainly similar) to 1 (plainly different); the line between the two is at one half.

    Drawn is what the top cut misses of similar, in standard errors (conclude.shortfall); where all cuts together make
    the set different, it is drawn beyond the line.
    """
    missed = conclude.shortfall(evidence.facts)
    if missed <= 0:
        place = 0.5 + 0.32 * max(missed, -1.0)
    else:
        place = 0.5 + 0.45 / (1 + _HALFWAY / missed)
    return min(place, 0.45) if evidence.similarity == "similar" else max(place, 0.55)


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
    near = 0.7 * _POINTS  # the corners are taken
    for tick in svg.steps(conclude.WORTH - near, conclude.WORTH + near, 3):
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
