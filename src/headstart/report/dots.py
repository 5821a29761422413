"""Accuracies under each other, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headstart.counts import pictures
from headstart.report import svg
from headstart.report.figures import WIDTH
from headstart.report.svg import Scale, Svg
from headstart.report.words import interval, percent

# Letters of a label beside its value that WIDTH has room for; where there is more room, pixels for a bold letter, and
# for the value with its interval.
_LABEL, _LETTER, _VALUE = 36, 7.4, 170


@dataclass(frozen=True)
class Dot:
    """One accuracy in a row of its own. kind: "model", "other" or "baseline", and "provisional" beside it."""

    label: str
    accuracy: float
    bounds: tuple[float, float]
    n: int
    groups: int
    kind: str


def dots(rows: Sequence[Dot], *, whole: bool = False) -> Svg:
    """Accuracies under each other on one axis from 0 to 100 %, each with its interval.

    whole: as wide as the longest label takes; else long labels are shortened.
    """
    width = WIDTH if not whole else max(WIDTH, _LETTER * max(len(row.label) for row in rows) + _VALUE)
    pitch, axis = 46, Scale(0, 1, 8, width - 8)
    bottom = pitch * len(rows) + 6
    marks = [svg.line(axis(at), 22, axis(at), bottom, "grid") for at in (0, 0.25, 0.5, 0.75, 1)]
    for index, row in enumerate(rows):
        label = row.label if whole else svg.shortened(row.label, _LABEL)
        marks.append(_dot(row, label, axis, pitch * index))
    for at, anchor in ((0, "start"), (0.25, "middle"), (0.5, "middle"), (0.75, "middle"), (1, "end")):
        marks.append(svg.text(axis(at), bottom + 16, percent(at, 0), "tick", anchor))
    said = "; ".join(f"{row.label}: {percent(row.accuracy)} ({interval(row.bounds)})" for row in rows)
    return svg.drawing(width, bottom + 22, f"Accuracy with 95\u202f% intervals. {said}", *marks)


def _dot(row: Dot, label: str, axis: Scale, top: float) -> Svg:
    y, (low, high) = top + 34, row.bounds
    value = f"{percent(row.accuracy)}  ({interval(row.bounds)})"
    title = svg.title(f"{row.label}: {value}, {pictures(row.n, row.groups)}")
    return svg.group(
        svg.line(axis(0), y, axis(1), y, "track"),
        svg.text(axis(0), top + 18, label, "dot-label halo"),
        svg.text(axis(1), top + 18, value, "dot-value halo", "end"),
        svg.line(axis(low), y, axis(high), y, "whisker"),
        svg.circle(axis(row.accuracy), y, 6, "point", title),
        class_=f"dot {row.kind}",
    )
