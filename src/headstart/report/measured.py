"""What was measured, drawn: accuracy by depth, and by number of pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headstart.intervals import Z95
from headstart.report import svg
from headstart.report.figures import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Figure,
    bar,
    grid,
    tick_below,
    with_floor,
)
from headstart.report.svg import Scale
from headstart.report.words import count, percent

if TYPE_CHECKING:
    from headstart.evidence.evidence import Evidence
    from headstart.evidence.facts import CutScore


def profile(evidence: Evidence) -> Figure:
    """Accuracy of a linear probe at each cut, beside random weights and the majority class."""
    scores = [*evidence.profile, *([evidence.concatenated] if evidence.concatenated else [])]
    names = [score.cut for score in evidence.profile] + (["all cuts"] if evidence.concatenated else [])
    tilt = max(len(name) for name in names) * 7 > (WIDTH - LEFT - RIGHT) / len(names)
    bottom = HEIGHT - (70 if tilt else BOTTOM)
    ends = [score.accuracy + side * Z95 * score.error for score in scores for side in (-1, 1)]
    y, below = with_floor([*ends, evidence.control], evidence.majority, bottom)
    levels = [("control", evidence.control), *([] if below else [("majority", evidence.majority)])]
    pitch = (WIDTH - LEFT - RIGHT) / len(names)
    places = [LEFT + pitch * (index + 0.5) for index in range(len(names))]
    marks = [*grid(y), *(svg.line(LEFT, y(at), WIDTH - RIGHT, y(at), kind) for kind, at in levels)]
    along = [(x, y(score.accuracy)) for x, score in zip(places, evidence.profile, strict=False)]
    marks.append(svg.path(along, "series"))
    for x, score, name in zip(places, scores, names, strict=True):
        marks.append(bar(x, y, score.accuracy, score.error, _kind(score, evidence), name))
        marks.append(tick_below(x, bottom + 16, name, tilt))
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
        "of a linear probe on the pooled features, from the first cut to the last. Bars: 95\u202f%."
    )
    return Figure(svg.drawing(WIDTH, HEIGHT, label, *marks), legend, caption)


def _kind(score: CutScore, evidence: Evidence) -> str:
    """The CSS classes of a cut's point."""
    if score.cut == evidence.best_cut:
        return "point best"
    return "point joint" if evidence.joins(score.cut) else "point"


def _best_cut(evidence: Evidence) -> str:
    return "all cuts" if evidence.joins(evidence.best_cut) else evidence.best_cut


def learning_curve(evidence: Evidence) -> Figure | None:
    """The probe's accuracy at the best cut by number of pictures; None with fewer than two points."""
    points = sorted(evidence.curve, key=lambda point: point.n)
    if len(points) < 2:
        return None
    bottom = HEIGHT - BOTTOM
    ends = [point.accuracy + side * Z95 * point.error for point in points for side in (-1, 1)]
    y, below = with_floor(ends, evidence.majority, bottom)
    x = Scale(points[0].n, points[-1].n, LEFT + 26, WIDTH - RIGHT - 26, log=True)
    marks = grid(y)
    if not below:
        marks.append(svg.line(LEFT, y(evidence.majority), WIDTH - RIGHT, y(evidence.majority), "majority"))
    marks.append(svg.path([(x(point.n), y(point.accuracy)) for point in points], "series"))
    edge = -math.inf
    for point in points:
        marks.append(bar(x(point.n), y, point.accuracy, point.error, "point", f"{count(point.n)} pictures"))
        if x(point.n) - edge > 44:
            edge = x(point.n)
            marks.append(svg.text(edge, bottom + 16, count(point.n), "tick", "middle"))
    marks.append(svg.text((LEFT + WIDTH) / 2, HEIGHT - 8, "training pictures (log scale)", "axis", "middle"))
    said = ", ".join(f"{count(point.n)}: {percent(point.accuracy)}" for point in points)
    legend = (("point", "linear probe"), ("majority", f"majority class, {percent(evidence.majority)}{below}"))
    caption = f"Does the probe at {evidence.curve_cut} still gain from more pictures? Bars: 95\u202f%."
    return Figure(svg.drawing(WIDTH, HEIGHT, f"Learning curve: {said}", *marks), legend, caption)
