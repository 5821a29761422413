"""What the report's figures share, and how training went by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.intervals import Z95
from headstart.report import svg
from headstart.report.svg import Scale, Svg
from headstart.report.words import percent

if TYPE_CHECKING:
    from headstart.training.epoch import Epoch

# Heading → (Epoch's field → what its line is called).
_DRAWN = {
    "Accuracy": {"train_accuracy": "pictures it learns from", "selection_accuracy": "others"},
    "Loss": {"train_loss": "pictures it learns from", "selection_loss": "others"},
}
WIDTH, HEIGHT = 480, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 12, 46


@dataclass(frozen=True)
class Figure:
    """A drawing, its legend (CSS class of the mark, what it stands for) and a caption."""

    drawing: Svg
    legend: tuple[tuple[str, str], ...] = ()
    caption: str = ""


def history(epochs: Sequence[Epoch]) -> tuple[Figure, ...]:
    """Accuracy and loss by epoch, of training pictures and of selection pictures, one figure each; () for none."""
    curves = _curves(epochs)
    figures = []
    for heading, keys in _DRAWN.items():
        lines = {
            (f"{name}, {which}" if len(curves) > 1 else which): _finite(rows, key)
            for name, rows in curves.items()
            for key, which in keys.items()
        }
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
    bottom = HEIGHT - BOTTOM
    values = [value for line in lines.values() for _, value in line]
    epochs = [epoch for line in lines.values() for epoch, _ in line]
    shares = heading != "Loss"
    y = _shares(values, bottom) if shares else Scale(0, max(values) * 1.08 or 1, bottom, TOP)
    x = Scale(min(epochs), max(epochs), LEFT + 14, WIDTH - RIGHT - 14)
    marks = grid(y, shares=shares)
    for number, (name, points) in enumerate(lines.items()):
        places = [(x(epoch), y(value)) for epoch, value in points]
        kind = f"hue{number % 4}"
        marks.append(svg.path(places, f"series {kind}"))
        said = f"{name}: {percent(points[-1][1]) if shares else f'{points[-1][1]:.3f}'} in the last epoch"
        marks.append(svg.circle(*places[-1], 4, f"point {kind}", svg.title(said)))
    for epoch in steps_of_epochs(min(epochs), max(epochs)):
        marks.append(svg.text(x(epoch), bottom + 16, f"{epoch:.0f}", "tick", "middle"))
    marks.append(svg.text((LEFT + WIDTH) / 2, HEIGHT - 8, "epoch", "axis", "middle"))
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
    return Scale(low, high if high > low else low + 0.1, bottom, TOP)


def with_floor(values: Sequence[float], floor: float, bottom: float) -> tuple[Scale, str]:
    """An axis for `values` that shows `floor` too, unless that would squeeze them: then words that say so."""
    y, whole = _shares(values, bottom), _shares([*values, floor], bottom)
    if whole.high - whole.low <= 2.5 * (y.high - y.low):
        return whole, ""
    return y, ", below the axis"


def grid(y: Scale, *, shares: bool = True) -> list[Svg]:
    """Grid lines with their numbers on the left."""
    marks = []
    for step in svg.steps(y.low, y.high):
        marks.append(svg.line(LEFT, y(step), WIDTH - RIGHT, y(step), "grid"))
        marks.append(
            svg.text(LEFT - 6, y(step) + 4, percent(step, 0) if shares else f"{step:g}", "tick", "end")
        )
    return marks


def bar(x: float, y: Scale, accuracy: float, error: float, class_: str, name: str) -> Svg:
    """A point with its 95 % bar, kept inside the axis."""
    low, high = (min(max(accuracy + side * Z95 * error, y.low), y.high) for side in (-1, 1))
    said = svg.title(f"{name}: {percent(accuracy)} ± {100 * Z95 * error:.1f}")
    return svg.group(svg.line(x, y(low), x, y(high), "whisker"), svg.circle(x, y(accuracy), 5, class_, said))


def tick_below(x: float, y: float, name: str, tilt: bool) -> Svg:
    if not tilt:
        return svg.text(x, y, name, "tick", "middle")
    turned = f"rotate(-38 {x:.1f} {y - 4:.1f})"
    return svg.text(x, y - 4, svg.shortened(name, 14), "tick", "end", transform=turned)
