"""Who is taken for whom: a matrix in which what is confused stands together, and the most confused pairs."""

from __future__ import annotations

from collections.abc import Container, Sequence
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
_AFAR, _DEPTHS = 600, 5  # the side of the matrix from afar, and the depths of its ink


@dataclass(frozen=True)
class Pair:
    """`count` pictures of class `label` were called `prediction`: `share` of all of that class; anchor: the id of
    pictures of it."""

    label: str
    prediction: str
    count: int
    share: float
    anchor: str


def pairs(evaluation: Scored, most: int = _PAIRS) -> tuple[Pair, ...]:
    """The most frequent mistakes, most frequent first."""
    confusion = evaluation.confusion
    support, wrong = confusion.sum(axis=1), confusion - np.diag(np.diag(confusion))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    found = [(int(flat // len(support)), int(flat % len(support))) for flat in order if wrong.flat[flat]]
    names = evaluation.classes
    return tuple(
        Pair(names[i], names[j], int(wrong[i, j]), float(wrong[i, j] / support[i]), anchor(i, j))
        for i, j in found
    )


def drawn(evaluation: Scored, linked: Container[tuple[int, int]] = ()) -> Svg:
    """The confusion matrix, its classes in the order of together(); from afar for more than MOST_CLASSES classes.

    linked: cells (true class, what it was called) of which the page shows pictures; these are links to them.
    """
    if len(evaluation.classes) > MOST_CLASSES:
        return _from_afar(evaluation)
    return _heat_map(evaluation, together(evaluation.confusion), linked)


def _heat_map(evaluation: Scored, order: Sequence[int], linked: Container[tuple[int, int]]) -> Svg:
    """Rows are true classes, columns what they were called.

    Ink is the share of the row: blue where right, orange where wrong (on a square-root scale, so that a rare
    mistake shows too).
    """
    names = evaluation.classes
    cell = min(64.0, max(13.0, 420 / len(names)))
    labels = [svg.shortened(names[place], 18) for place in order]
    margin = 16 + 6.6 * max(len(label) for label in labels)
    left, top = margin + 14, (30.0 if _level(labels, cell) else margin * 0.72 + 20) + 10
    marks = [_label_row(left, top, cell, index, label, labels) for index, label in enumerate(labels)]
    for row, i in enumerate(order):
        for column, j in enumerate(order):
            block = _cell(left + column * cell, top + row * cell, cell, evaluation, i, j)
            marks.append(_link(block, i, j, evaluation) if (i, j) in linked else block)
    side = cell * len(names)
    turned = f"rotate(-90 10 {top + side / 2:.0f})"
    marks.append(svg.text(10, top + side / 2, "true class", "axis", "middle", transform=turned))
    marks.append(svg.text(left + side / 2, 12, "called", "axis", "middle"))
    tail = 0 if _level(labels, cell) else margin * 0.55
    return svg.drawing(
        left + side + 4 + tail,
        top + side + 4,
        _label(evaluation),
        *marks,
        class_="heat fits" if len(names) <= _FITTING else "heat",
        role="group" if linked else "img",
    )


def _label(evaluation: Scored) -> str:
    many = plural(len(evaluation.classes), "class", "classes")
    return f"Confusion matrix of {many}: {evaluation.right} of {evaluation.n} on the diagonal"


def anchor(i: int, j: int) -> str:
    """The id of the pictures of a cell."""
    return f"cell-{i}-{j}"


def _link(block: Svg, i: int, j: int, evaluation: Scored) -> Svg:
    return svg.element("a", block, href=f"#{anchor(i, j)}", aria_label=said(evaluation, i, j))


def said(evaluation: Scored, i: int, j: int) -> str:
    """A cell in words."""
    number, support = int(evaluation.confusion[i, j]), int(evaluation.confusion[i].sum())
    share = number / support if support else 0.0
    names = evaluation.classes
    return f"{names[i]} called {names[j]}: {plural(number, 'picture')}, {percent(share)} of the class"


def _from_afar(evaluation: Scored) -> Svg:
    """All cells of many classes, small, without names."""
    confusion, order = evaluation.confusion, together(evaluation.confusion)
    cell = max(1.0, _AFAR / len(order))
    side = cell * len(order)
    shares = confusion[np.ix_(order, order)] / np.maximum(confusion[order].sum(axis=1), 1)[:, None]
    marks = [svg.rect(0, 0, side, side, "empty")]
    for kind, ink in (("right", shares * np.eye(len(order))), ("wrong", shares * (1 - np.eye(len(order))))):
        marks += _inked(ink if kind == "right" else np.sqrt(ink), kind, cell)
    return svg.drawing(side, side, _label(evaluation), *marks, class_="heat afar")


def _inked(ink: np.ndarray, kind: str, cell: float) -> list[Svg]:
    """One path for each of a few depths of ink."""
    depth = np.ceil(ink * _DEPTHS).astype(int)
    paths = []
    for level in range(1, _DEPTHS + 1):
        cells = np.argwhere(depth == level)
        if len(cells):
            steps = "".join(
                f"M{x * cell:.1f} {y * cell:.1f}h{cell:.1f}v{cell:.1f}h-{cell:.1f}z" for y, x in cells
            )
            paths.append(svg.element("path", d=steps, class_=kind, fill_opacity=level / _DEPTHS))
    return paths


def together(confusion: np.ndarray) -> list[int]:
    """The classes in an order in which those stand side by side that are taken for each other; int64 [C, C] in.

    Chains of classes grow together by average linkage of the shares that are confused, each time with those ends
    together that are confused most. Classes that are taken for nothing keep their order, behind the others.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1), 1)[:, None]
    alike = shares + shares.T
    np.fill_diagonal(alike, 0)
    chains = {place: [place] for place in range(len(alike))}
    linkage = alike.copy()
    while linkage.size and linkage.max() > 0:
        a, b = sorted(divmod(int(linkage.argmax()), len(linkage)))
        m, n = len(chains[a]), len(chains[b])
        chains[a] = _joined(chains[a], chains.pop(b), alike)
        linkage[a] = linkage[:, a] = (m * linkage[a] + n * linkage[b]) / (m + n)
        linkage[a, a] = 0
        linkage[b] = linkage[:, b] = 0
    return [place for chain in sorted(chains.values(), key=lambda chain: len(chain) == 1) for place in chain]


def _joined(one: list[int], other: list[int], alike: np.ndarray) -> list[int]:
    """Both in a row, turned so that the ends that meet are the most alike."""
    ways = [(a, b) for a in (one, one[::-1]) for b in (other, other[::-1])]
    first, last = max(ways, key=lambda way: alike[way[0][-1], way[1][0]])
    return first + last


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
    number, support = int(evaluation.confusion[i, j]), int(evaluation.confusion[i].sum())
    share = number / support if support else 0.0
    ink = share if i == j else share**0.5
    told = svg.title(said(evaluation, i, j))
    kind = "right" if i == j else "wrong"
    block = svg.rect(x + 0.5, y + 0.5, cell - 1, cell - 1, "empty" if not number else kind, told)
    if number:
        place = {"x": x + 0.5, "y": y + 0.5, "width": cell - 1, "height": cell - 1}
        block = svg.element("rect", told, **place, class_=kind, fill_opacity=max(ink, 0.08))
    if not number or len(evaluation.classes) > _NUMBERED:
        return block
    return svg.group(
        block,
        svg.text(x + cell / 2, y + cell / 2 + 4, number, "on-ink" if ink > 0.6 else "number", "middle"),
    )
