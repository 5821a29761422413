"""The report's charts: accuracies with intervals, the evidence, and how training went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.counts import pictures
from headstart.intervals import Z95
from headstart.report import svg
from headstart.report.svg import Scale, Svg
from headstart.report.words import count, interval, percent

if TYPE_CHECKING:
    from headstart.evidence.evidence import Evidence
    from headstart.train.epoch import Epoch

WIDTH, HEIGHT = 480, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 12, 46
# Letters of a label beside its value that WIDTH has room for; where there is more room, pixels for a bold letter, and
# for the value with its interval.
_LABEL, _LETTER, _VALUE = 36, 7.4, 170


@dataclass(frozen=True)
class Figure:
    """A drawing, its legend (CSS class of the mark, what it stands for) and a caption."""

    drawing: Svg
    legend: tuple[tuple[str, str], ...] = ()
    caption: str = ""


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
    return svg.drawing(width, bottom + 22, f"Accuracy with 95 % intervals. {said}", *marks)


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


def profile(evidence: Evidence) -> Figure:
    """Accuracy of a linear probe at each cut, beside random weights and the majority class."""
    scores = [*evidence.profile, *([evidence.concatenated] if evidence.concatenated else [])]
    names = [score.cut for score in evidence.profile] + (["all cuts"] if evidence.concatenated else [])
    tilt = max(len(name) for name in names) * 7 > (WIDTH - _LEFT - _RIGHT) / len(names)
    bottom = HEIGHT - (70 if tilt else _BOTTOM)
    ends = [score.accuracy + side * Z95 * score.error for score in scores for side in (-1, 1)]
    y, below = _with_floor([*ends, evidence.control], evidence.majority, bottom)
    levels = [("control", evidence.control), *([] if below else [("majority", evidence.majority)])]
    pitch = (WIDTH - _LEFT - _RIGHT) / len(names)
    places = [_LEFT + pitch * (index + 0.5) for index in range(len(names))]
    marks = [*_rows(y), *(svg.line(_LEFT, y(at), WIDTH - _RIGHT, y(at), kind) for kind, at in levels)]
    along = len(evidence.profile)
    marks.append(
        svg.path([(x, y(s.accuracy)) for x, s in zip(places, scores[:along], strict=False)], "series")
    )
    for index, (x, score, name) in enumerate(zip(places, scores, names, strict=True)):
        best = " best" if score.cut == evidence.best_cut else " joint" if index >= along else ""
        marks.append(_bar(x, y, score.accuracy, score.error, f"point{best}", name))
        marks.append(_below(x, bottom + 16, name, tilt))
    said = ", ".join(f"{n} {percent(s.accuracy)}" for n, s in zip(names, scores, strict=True))
    label = f"Accuracy by depth: {said}; random weights {percent(evidence.control)}"
    legend = (
        ("point", "linear probe at this cut"),
        ("point best", f"where a frozen probe is expected to be best: {_best_cut(evidence)}"),
        ("control", f"best cut of random weights, {percent(evidence.control)}"),
        ("majority", f"majority class, {percent(evidence.majority)}{below}"),
    )
    caption = (
        f"Cross-validated accuracy ({evidence.folds} folds, {count(evidence.sampled)} training pictures) "
        "of a linear probe on the pooled features, from the first cut to the last. Bars: 95 %."
    )
    return Figure(svg.drawing(WIDTH, HEIGHT, label, *marks), legend, caption)


def _best_cut(evidence: Evidence) -> str:
    return "all cuts" if evidence.joins(evidence.best_cut) else evidence.best_cut


def learning_curve(evidence: Evidence) -> Figure | None:
    """The probe's accuracy at the best cut by number of pictures; None with fewer than two points."""
    points = sorted(evidence.curve, key=lambda point: point.n)
    if len(points) < 2:
        return None
    bottom = HEIGHT - _BOTTOM
    ends = [point.accuracy + side * Z95 * point.error for point in points for side in (-1, 1)]
    y, below = _with_floor(ends, evidence.majority, bottom)
    x = Scale(points[0].n, points[-1].n, _LEFT + 26, WIDTH - _RIGHT - 26, log=True)
    marks = _rows(y)
    if not below:
        marks.append(svg.line(_LEFT, y(evidence.majority), WIDTH - _RIGHT, y(evidence.majority), "majority"))
    marks.append(svg.path([(x(point.n), y(point.accuracy)) for point in points], "series"))
    edge = -math.inf
    for point in points:
        marks.append(_bar(x(point.n), y, point.accuracy, point.error, "point", f"{count(point.n)} pictures"))
        if x(point.n) - edge > 44:
            edge = x(point.n)
            marks.append(svg.text(edge, bottom + 16, count(point.n), "tick", "middle"))
    marks.append(svg.text((_LEFT + WIDTH) / 2, HEIGHT - 8, "training pictures (log scale)", "axis", "middle"))
    said = ", ".join(f"{count(point.n)}: {percent(point.accuracy)}" for point in points)
    legend = (("point", "linear probe"), ("majority", f"majority class, {percent(evidence.majority)}{below}"))
    caption = f"Does the probe at {evidence.curve_cut} still gain from more pictures? Bars: 95 %."
    return Figure(svg.drawing(WIDTH, HEIGHT, f"Learning curve: {said}", *marks), legend, caption)


def history(epochs: Sequence[Epoch]) -> tuple[Figure, ...]:
    """Training loss and selection accuracy by epoch, one figure each; () for none."""
    curves = _curves(epochs)
    figures = []
    for key, heading in (("selection_accuracy", "Selection accuracy"), ("train_loss", "Training loss")):
        lines = {name: _finite(rows, key) for name, rows in curves.items()}
        if any(lines.values()):
            figures.append(_by_epoch({name: line for name, line in lines.items() if line}, heading))
    return tuple(figures)


def _curves(epochs: Sequence[Epoch]) -> dict[str, list[Epoch]]:
    """Epochs parted into curves: an epoch that does not rise, or a new arm, begins another."""
    parts: list[list[Epoch]] = []
    for epoch in epochs:
        last = parts[-1][-1] if parts else None
        if last is None or epoch.epoch <= last.epoch or epoch.phase != last.phase:
            parts.append([])
        parts[-1].append(epoch)
    named = [part[0].phase or f"curve {number}" for number, part in enumerate(parts, 1)]
    return {
        f"{name} ({named[:i].count(name) + 1})" if name in named[:i] else name: parts[i]
        for i, name in enumerate(named)
    }


def _finite(epochs: Sequence[Epoch], key: str) -> list[tuple[float, float]]:
    pairs = [(epoch.epoch, getattr(epoch, key)) for epoch in epochs]
    return [
        (float(epoch), float(value)) for epoch, value in pairs if value is not None and math.isfinite(value)
    ]


def _by_epoch(lines: Mapping[str, list[tuple[float, float]]], heading: str) -> Figure:
    bottom = HEIGHT - _BOTTOM
    values = [value for line in lines.values() for _, value in line]
    epochs = [epoch for line in lines.values() for epoch, _ in line]
    shares = heading != "Training loss"
    y = _shares(values, bottom) if shares else Scale(0, max(values) * 1.08 or 1, bottom, _TOP)
    x = Scale(min(epochs), max(epochs), _LEFT + 14, WIDTH - _RIGHT - 14)
    marks = _rows(y, shares=shares)
    for number, (name, points) in enumerate(lines.items()):
        places = [(x(epoch), y(value)) for epoch, value in points]
        kind = f"hue{number % 4}"
        marks.append(svg.path(places, f"series {kind}"))
        said = f"{name}: {percent(points[-1][1]) if shares else f'{points[-1][1]:.3f}'} in the last epoch"
        marks.append(svg.circle(*places[-1], 4, f"point {kind}", svg.title(said)))
    for epoch in steps_of_epochs(min(epochs), max(epochs)):
        marks.append(svg.text(x(epoch), bottom + 16, f"{epoch:.0f}", "tick", "middle"))
    marks.append(svg.text((_LEFT + WIDTH) / 2, HEIGHT - 8, "epoch", "axis", "middle"))
    legend = (
        tuple((f"point hue{number % 4}", name) for number, name in enumerate(lines)) if len(lines) > 1 else ()
    )
    label = f"{heading} by epoch, {len(set(epochs))} epochs"
    return Figure(svg.drawing(WIDTH, HEIGHT, label, *marks), legend, heading)


def steps_of_epochs(first: float, last: float) -> list[float]:
    """Whole epochs worth a tick."""
    return [step for step in svg.steps(first, last, 6) if step == int(step)]


def _shares(values: Sequence[float], bottom: float) -> Scale:
    """An axis for accuracies: whole tenths around `values`, inside 0 to 1."""
    low = max(0.0, math.floor(min(values) * 10 - 1e-9) / 10)
    high = min(1.0, math.ceil(max(values) * 10 + 1e-9) / 10)
    return Scale(low, high if high > low else low + 0.1, bottom, _TOP)


def _with_floor(values: Sequence[float], floor: float, bottom: float) -> tuple[Scale, str]:
    """An axis for `values` that shows `floor` too, unless that would squeeze them: then words that say so."""
    y, whole = _shares(values, bottom), _shares([*values, floor], bottom)
    if whole.high - whole.low <= 2.5 * (y.high - y.low):
        return whole, ""
    return y, ", below the axis"


def _rows(y: Scale, *, shares: bool = True) -> list[Svg]:
    """Grid lines with their numbers on the left."""
    marks = []
    for step in svg.steps(y.low, y.high):
        marks.append(svg.line(_LEFT, y(step), WIDTH - _RIGHT, y(step), "grid"))
        marks.append(
            svg.text(_LEFT - 6, y(step) + 4, percent(step, 0) if shares else f"{step:g}", "tick", "end")
        )
    return marks


def _bar(x: float, y: Scale, accuracy: float, error: float, class_: str, name: str) -> Svg:
    """A point with its 95 % bar, kept inside the axis."""
    low, high = (min(max(accuracy + side * Z95 * error, y.low), y.high) for side in (-1, 1))
    said = svg.title(f"{name}: {percent(accuracy)} ± {100 * Z95 * error:.1f}")
    return svg.group(svg.line(x, y(low), x, y(high), "whisker"), svg.circle(x, y(accuracy), 5, class_, said))


def _below(x: float, y: float, name: str, tilt: bool) -> Svg:
    if not tilt:
        return svg.text(x, y, name, "tick", "middle")
    turned = f"rotate(-38 {x:.1f} {y - 4:.1f})"
    return svg.text(x, y - 4, svg.shortened(name, 14), "tick", "end", transform=turned)
