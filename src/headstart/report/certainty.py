"""How sure: the reliability diagram, the sets, and what was taken for none of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headstart.report import svg
from headstart.report.figures import Figure
from headstart.report.svg import Svg
from headstart.report.words import percent

if TYPE_CHECKING:
    from headstart.assess.reliability import Bin, Reliability
    from headstart.assess.sureness import Coverage, Held, Sureness
    from headstart.report.thumbnails import Album

_SIDE, _LEFT, _BOTTOM, _TOP = 400, 50, 46, 12
_WIDTH = _LEFT + _SIDE + 14
_HEIGHT = _TOP + _SIDE + _BOTTOM
_MOST = 8  # classes that are listed


def section(found: Sureness, album: Album) -> dict[str, Any]:
    """The context of certainty.html."""
    nine = next((one for one in found.coverages if one.wanted == 0.9), None)
    return {
        "sure": found,
        "diagram": diagram(found.after),
        "gained": found.before is not None,
        "weakest": _weakest(nine) if nine else (),
        "nine": nine,
    }


def _weakest(coverage: Coverage) -> tuple[Held, ...]:
    return tuple(sorted(coverage.classes, key=lambda one: (one.held, one.name))[:_MOST])


def diagram(found: Reliability) -> Figure:
    """The reliability diagram (DeGroot & Fienberg 1983): how sure across, how often right up."""
    marks = [_x(0), _y(0), _x(1), _y(1)]
    parts = [svg.line(marks[0], marks[1], marks[2], marks[3], "majority"), *_axes()]
    parts += [piece for one in found.bins for piece in _point(one)]
    label = "How sure the answers are, and how many are right"
    drawing = svg.element(
        "svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=label, class_="drawing"
    )
    each = found.bins[0].n if found.bins else 0
    caption = (
        f"Each dot: {each:,} answers of like certainty; its bar, where the share that is right lies for new pictures, "
        "95 times in 100. On the dotted line, 90 % sure means: of 100 such answers 90 are right. Below it: too sure."
    )
    return Figure(drawing, (), caption)


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)


def _axes() -> list[Svg]:
    parts = [
        svg.line(_x(0), _y(0), _x(1), _y(0), "axis-line"),
        svg.line(_x(0), _y(0), _x(0), _y(1), "axis-line"),
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(svg.text(_x(share), _y(0) + 16, f"{100 * share:.0f}", "tick", "middle"))
        parts.append(svg.text(_x(0) - 6, _y(share) + 4, f"{100 * share:.0f}", "tick", "end"))
    parts.append(svg.text(_x(0.5), _y(0) + 36, "how sure, in %", "axis", "middle"))
    parts.append(
        svg.text(14, _y(0.5), "right, in %", "axis", "middle", transform=f"rotate(-90 14 {_y(0.5):.0f})")
    )
    return parts


def _point(one: Bin) -> list[Svg]:
    low, high = one.interval
    told = f"{one.n:,} answers, {percent(one.sure, 0)} sure: {percent(one.right, 0)} right"
    return [
        svg.line(_x(one.sure), _y(low), _x(one.sure), _y(high), "whisker"),
        svg.circle(_x(one.sure), _y(one.right), 5.0, "point", svg.title(told)),
    ]
