"""Operating points: sensitivity against specificity, people beside the curve, and what a decision reaches."""

from __future__ import annotations

from typing import Any

from headstart.assess.points import GRID, Cost, Curve, Expert, Points, Reached
from headstart.counts import plural
from headstart.report import svg
from headstart.report.figures import Figure
from headstart.report.svg import Scale, Svg
from headstart.report.thumbnails import Album
from headstart.report.words import interval, percent

_SIDE, _LEFT, _BOTTOM, _MARGIN = 420, 66, 46, 14
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def section(found: Points, album: Album) -> dict[str, Any]:
    """What the template tells."""
    reached = {one.name: one for one in found.decided.reached} if found.decided else {}
    return {
        "figures": [(curve, _figure(curve, reached.get(curve.name)), _told(curve)) for curve in found.curves],
        "decided": found.decided,
        "reached": list(reached.values()),
        "saved": found.decided and found.decided.cost and _saved(found.decided.cost),
    }


def _saved(cost: Cost) -> str:
    error = "" if cost.error is None else f" ± {cost.error:.3f}"
    return f"{cost.gain:.3f}{error}"


def _told(curve: Curve) -> list[str]:
    """The curve in sentences."""
    lines = [
        f"Of a picture of this class and another one, the first gets the higher probability {_times(curve.area)} times "
        f"of 100 ({interval(curve.interval)}): the area under the curve."
    ]
    if curve.experts:
        lines.append(
            f"The curve passes above {curve.ahead} of {plural(len(curve.experts), 'person', 'people')}: as many of the "
            "class found, and fewer others called so."
        )
    return lines


def _times(area: float) -> str:
    return f"{100 * area:.0f}" if area in (0, 1) else f"{min(99.9, 100 * area):.1f}"


def _figure(curve: Curve, reached: Reached | None) -> Figure:
    """Sensitivity across and specificity upwards, as in Esteva et al. 2017."""
    x, y = (
        Scale(0, 1, _LEFT, _SIDE - _MARGIN),
        Scale(0, 1, _SIDE - _BOTTOM, _MARGIN),
    )
    legend = [("series-line", "the model, from every threshold on"), ("swatch band", "its 95\u202f% band")]
    marks = [*_grid(x, y), _band(curve, x, y)]
    marks.append(svg.path(_places(curve.specificity, x, y), "series"))
    marks += [_expert(one, x, y) for one in curve.experts]
    if curve.experts:
        legend.append(("point expert", "a person"))
    if mean := curve.mean:
        marks.append(_cross(mean, x, y))
        legend.append(("cross", "their mean"))
    if reached and reached.sensitivity.accuracy is not None and reached.specificity.accuracy is not None:
        marks.append(_wanted(reached.wanted, x, y))
        at = (x(reached.sensitivity.accuracy), y(reached.specificity.accuracy))
        said = f"from {reached.threshold:.3f} on: {percent(reached.sensitivity.accuracy)} found"
        marks.append(svg.circle(*at, 7, "reached", svg.title(said)))
        legend += [("wanted-line", f"wanted: {percent(reached.wanted, 0)} found"), ("ring", "reached")]
    label = f"Sensitivity and specificity of {curve.name}: area under the curve {curve.area:.3f}"
    drawn = svg.drawing(_SIDE, _SIDE, label, *marks, class_="fits operating")
    return Figure(drawn, tuple(legend))


def _places(values: tuple[float, ...], x: Scale, y: Scale) -> list[tuple[float, float]]:
    return [(x(float(s)), y(value)) for s, value in zip(GRID, values, strict=True)]


def _grid(x: Scale, y: Scale) -> list[Svg]:
    marks = []
    for tick in _TICKS:
        marks += [
            svg.line(x(0), y(tick), x(1), y(tick), "grid"),
            svg.line(x(tick), y(0), x(tick), y(1), "grid"),
            svg.text(x(0) - 6, y(tick) + 4, percent(tick, 0), "tick", "end"),
            svg.text(x(tick), y(0) + 16, percent(tick, 0), "tick", "middle" if tick < 1 else "end"),
        ]
    middle = (x(0) + x(1)) / 2
    turned = f"rotate(-90 12 {middle:.0f})"
    marks.append(svg.text(middle, _SIDE - 8, "of the class: found (sensitivity)", "axis", "middle"))
    words = "of others: not called so (specificity)"
    marks.append(svg.text(12, middle, words, "axis halo", "middle", transform=turned))
    return marks


def _band(curve: Curve, x: Scale, y: Scale) -> Svg:
    there, back = _places(curve.high, x, y), _places(curve.low, x, y)[::-1]
    return svg.path([*there, *back], "band")


def _expert(one: Expert, x: Scale, y: Scale) -> Svg:
    said = f"{one.name}: {percent(one.sensitivity)} found, {percent(one.specificity)} of others not called so"
    return svg.circle(x(one.sensitivity), y(one.specificity), 4.5, "expert", svg.title(said))


def _cross(one: Expert, x: Scale, y: Scale) -> Svg:
    at, up, arm = x(one.sensitivity), y(one.specificity), 9.0
    said = f"mean: {percent(one.sensitivity)} found, {percent(one.specificity)} of others not called so"
    return svg.group(
        svg.title(said),
        svg.line(at - arm, up, at + arm, up, "mean"),
        svg.line(at, up - arm, at, up + arm, "mean"),
    )


def _wanted(share: float, x: Scale, y: Scale) -> Svg:
    return svg.line(x(share), y(0), x(share), y(1), "wanted")
