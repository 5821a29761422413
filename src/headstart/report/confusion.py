"""Who is taken for whom: a heat map for few classes, the most confused pairs for many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headstart.counts import plural
from headstart.report import svg
from headstart.report.svg import Svg
from headstart.report.words import percent

if TYPE_CHECKING:
    from headstart.assess.scored import Scored

MOST_CLASSES = 50
_PAIRS = 25
_FITTING = 12  # up to so many classes it shrinks to a phone's width instead of scrolling
_NUMBERED = 20  # up to so many classes each cell carries its number


@dataclass(frozen=True)
class Pair:
    """`count` pictures of class `label` were called `prediction`: `share` of all of that class."""

    label: str
    prediction: str
    count: int
    share: float


def pairs(evaluation: Scored, most: int = _PAIRS) -> tuple[Pair, ...]:
    """The most frequent mistakes, most frequent first."""
    confusion = evaluation.confusion
    support, wrong = confusion.sum(axis=1), confusion - np.diag(np.diag(confusion))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    found = [(int(flat // len(support)), int(flat % len(support))) for flat in order if wrong.flat[flat]]
    names = evaluation.classes
    return tuple(
        Pair(names[i], names[j], int(wrong[i, j]), float(wrong[i, j] / support[i])) for i, j in found
    )


def heat_map(evaluation: Scored) -> Svg | None:
    """Rows are true classes, columns what they were called; None for more than MOST_CLASSES classes.

    Ink is the share of the row: blue where right, orange where wrong (on a square-root scale, so that a rare
    mistake shows too).
    """
    names, confusion = evaluation.classes, evaluation.confusion
    if len(names) > MOST_CLASSES:
        return None
    cell = min(64.0, max(13.0, 420 / len(names)))
    labels = [svg.shortened(name, 18) for name in names]
    margin = 16 + 6.6 * max(len(label) for label in labels)
    left, top = margin + 14, (30.0 if _level(labels, cell) else margin * 0.72 + 20) + 10
    marks = [_label_row(left, top, cell, index, label, labels) for index, label in enumerate(labels)]
    for i, j in np.ndindex(*confusion.shape):
        marks.append(_cell(left + j * cell, top + i * cell, cell, evaluation, int(i), int(j)))
    side = cell * len(names)
    turned = f"rotate(-90 10 {top + side / 2:.0f})"
    marks.append(svg.text(10, top + side / 2, "true class", "axis", "middle", transform=turned))
    marks.append(svg.text(left + side / 2, 12, "called", "axis", "middle"))
    right = sum(int(n) for n in np.diag(confusion))
    many = plural(len(names), "class", "classes")
    label = f"Confusion matrix of {many}: {right} of {evaluation.n} on the diagonal"
    tail = 0 if _level(labels, cell) else margin * 0.55
    return svg.drawing(
        left + side + 4 + tail,
        top + side + 4,
        label,
        *marks,
        class_="heat fits" if len(names) <= _FITTING else "heat",
    )


def _level(labels: list[str], cell: float) -> bool:
    """True where the columns' names have room side by side."""
    return max(len(label) for label in labels) * 7 + 6 <= cell


def _label_row(left: float, top: float, cell: float, index: int, label: str, labels: list[str]) -> Svg:
    """The name of one class, at its row and at its column."""
    middle = (index + 0.5) * cell
    x, y = left + middle, top - 7
    turned = {} if _level(labels, cell) else {"transform": f"rotate(-45 {x:.1f} {y:.1f})"}
    column = svg.text(x, y, label, "tick", "start" if turned else "middle", **turned)
    return svg.group(svg.text(left - 6, top + middle + 4, label, "tick", "end"), column)


def _cell(x: float, y: float, cell: float, evaluation: Scored, i: int, j: int) -> Svg:
    confusion, names = evaluation.confusion, evaluation.classes
    number, support = int(confusion[i, j]), int(confusion[i].sum())
    share = number / support if support else 0.0
    ink = share if i == j else share**0.5
    said = f"{names[i]} called {names[j]}: {plural(number, 'picture')}, {percent(share)} of the class"
    kind = "right" if i == j else "wrong"
    block = svg.rect(x + 0.5, y + 0.5, cell - 1, cell - 1, "empty" if not number else kind, svg.title(said))
    if number:
        place = {"x": x + 0.5, "y": y + 0.5, "width": cell - 1, "height": cell - 1}
        block = svg.element("rect", svg.title(said), **place, class_=kind, fill_opacity=max(ink, 0.08))
    if not number or len(names) > _NUMBERED:
        return block
    return svg.group(
        block,
        svg.text(x + cell / 2, y + cell / 2 + 4, number, "on-ink" if ink > 0.6 else "number", "middle"),
    )
