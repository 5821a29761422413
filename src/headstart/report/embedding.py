"""The map of the pictures: what the head sees of them, in two dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.report import svg
from headstart.report.sprite import Sprite
from headstart.report.svg import Svg
from headstart.report.thumbnails import Album

HUES = 8  # colours that everybody can tell apart (Okabe & Ito 2008)
_SIDE, _EDGE = 560, 14  # of a drawing, and its margin
_LETTER, _LINE = 9.2, 18  # of a class's name
_LONGEST = 18


@dataclass(frozen=True, eq=False)
class Embedding:
    """N pictures on a plane, at most as many as a page can show.

    classes      C names
    names        N: what the pictures are called
    labels       int64 [N]
    predictions  int64 [N]: what report pictures were called; −1 for pictures that it learnt from
    places       float32 [N, 2], in [0, 1], by what the model's head sees
    before       float32 [N, 2]: by what it saw before training; None where nothing was trained
    method       how the dimensions were made two
    sprite       the pictures, in their order; None where they could not be read again
    how          what would be better, and what it takes; ""
    """

    classes: tuple[str, ...]
    names: tuple[str, ...]
    labels: np.ndarray
    predictions: np.ndarray
    places: np.ndarray
    before: np.ndarray | None
    method: str
    sprite: Sprite | None = None
    how: str = ""

    @property
    def wrong(self) -> np.ndarray:
        """bool [N]: report pictures that were called something else."""
        return (self.predictions >= 0) & (self.predictions != self.labels)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; places are rounded to what a drawing shows."""
        return {
            "classes": list(self.classes),
            "names": list(self.names),
            "labels": self.labels.tolist(),
            "predictions": self.predictions.tolist(),
            "places": _rounded(self.places),
            "before": None if self.before is None else _rounded(self.before),
            "method": self.method,
            "sprite": self.sprite and self.sprite.to_dict(),
            "how": self.how,
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Embedding:
        """What to_dict() gave. Raises LookupError, TypeError, ValueError where it is another."""
        before, sprite = values["before"], values["sprite"]
        return Embedding(
            tuple(values["classes"]),
            tuple(values["names"]),
            np.array(values["labels"], np.int64),
            np.array(values["predictions"], np.int64),
            _read(values["places"]),
            None if before is None else _read(before),
            values["method"],
            sprite and Sprite.from_dict(sprite),
            values["how"],
        )


def _rounded(places: np.ndarray) -> list[list[float]]:
    return [[round(float(x), 4), round(float(y), 4)] for x, y in places]


def _read(places: list[list[float]]) -> np.ndarray:
    return np.array(places, np.float32).reshape(-1, 2)


def section(found: Embedding, album: Album) -> dict[str, Any]:
    """What the template tells."""
    after = "after training" if found.before is not None else ""
    panels = [] if found.before is None else [_panel(found, found.before, "before training")]
    return {
        "panels": [*panels, _panel(found, found.places, after)],
        "found": found,
        "mistakes": int(found.wrong.sum()),
        "reported": int((found.predictions >= 0).sum()),
        "legend": [(f"hue-{number}", name) for number, name in enumerate(found.classes)]
        if len(found.classes) <= HUES
        else [],
        "side": _SIDE,
        "names": list(map(svg.clean, found.names)),
        "classes": list(map(svg.clean, found.classes)),
        "answers": [list(map(int, pair)) for pair in zip(found.labels, found.predictions, strict=True)],
    }


@dataclass(frozen=True)
class Panel:
    """One drawing, when it was so, and the pictures' places in it, for the page's script."""

    when: str
    drawing: Svg
    places: str


def _panel(found: Embedding, places: np.ndarray, when: str) -> Panel:
    at = np.round(_EDGE + places * (_SIDE - 2 * _EDGE)).astype(int)
    return Panel(when, _drawing(found, at), " ".join(map(str, at.ravel())))


def _drawing(found: Embedding, at: np.ndarray) -> Svg:
    """A dot for each picture, in its class's colour, small where the model learnt from it; mistakes ringed and on top;
    each class's name in the middle of its pictures. at: int64 [N, 2]."""
    seen, wrong = found.predictions < 0, found.wrong
    marks = [
        *_by_class(found, at, seen, "seen"),
        *_by_class(found, at, ~seen & ~wrong, "tried"),
        _dots(at[wrong], "dots ring"),
        _dots(at[wrong], "dots gap"),
        *_by_class(found, at, wrong, "tried"),
    ]
    label = f"Map of {len(at):,} pictures of {len(found.classes)} classes, {int(wrong.sum())} named wrongly"
    return svg.drawing(_SIDE, _SIDE, label, *marks, *_names(found, at))


def _by_class(found: Embedding, at: np.ndarray, which: np.ndarray, kind: str) -> list[Svg]:
    numbers = np.unique(found.labels[which])
    return [_dots(at[which & (found.labels == n)], f"dots {kind} hue-{n % HUES}") for n in numbers]


def _dots(at: np.ndarray, kind: str) -> Svg:
    """A path of lines without length, whose round ends are dots: a tenth of the text that circles would take."""
    return svg.element("path", d="".join(f"M{x} {y}h0" for x, y in at), class_=kind)


def _names(found: Embedding, at: np.ndarray) -> list[Svg]:
    """The classes' names at their middles, the largest class first; one that would cover another is left out."""
    taken: list[tuple[float, float, float]] = []
    marks = []
    counts = np.bincount(found.labels, minlength=len(found.classes))
    for number in np.argsort(-counts, kind="stable"):
        if not counts[number]:
            continue
        name = svg.shortened(found.classes[number], _LONGEST)
        half = len(name) * _LETTER / 2
        x, y = np.median(at[found.labels == number], axis=0).tolist()
        x = min(max(x, half), _SIDE - half)
        if not any(abs(y - b) < _LINE and abs(x - a) < half + other for a, b, other in taken):
            taken.append((x, y, half))
            marks.append(svg.text(x, y + 5, name, "map-name halo", "middle"))
    return marks
